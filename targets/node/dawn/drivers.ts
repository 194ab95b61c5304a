/** What there is on this machine for Dawn to run on, told when it finds nothing. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that name Vulkan drivers in place of the loader's search. */
const driverVariables = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'];

/** Folders in which the Vulkan loader looks for driver manifests. */
function manifestFolders(environment: Environment): string[] {
  const dataFolders = (environment.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(':');
  const ownData = environment.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  const above = ['/usr/local/etc', '/etc', ownData, ...dataFolders];
  return above.map((folder) => join(folder, 'vulkan', 'icd.d'));
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A folder that is absent or closed to us holds nothing that the loader could use.
    return [];
  }
}

/** Driver manifests as the loader finds them, or those that a variable names. */
export function findDriverManifests(environment: Environment = process.env): {
  readonly from: string;
  readonly files: string[];
} {
  for (const variable of driverVariables) {
    const named = environment[variable];
    if (named) return { from: variable, files: named.split(delimiter) };
  }
  const files = manifestFolders(environment).flatMap((folder) =>
    list(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => join(folder, file)),
  );
  return { from: 'the system', files };
}

/** Where the Vulkan loader lies, or undefined. Only the usual folders and LD_LIBRARY_PATH are looked through. */
export function findVulkanLoader(environment: Environment = process.env): string | undefined {
  const roots = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib'];
  const folders = [
    ...(environment.LD_LIBRARY_PATH ?? '').split(delimiter).filter(Boolean),
    ...roots,
    ...['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((triple) => join('/usr/lib', triple)),
  ];
  return folders.map((folder) => join(folder, 'libvulkan.so.1')).find((path) => existsSync(path));
}

/** What was looked for in vain, and what would help. */
export interface DriverReport {
  readonly found: string;
  readonly remedy: string;
}

/** A software driver that Dawn accepts. */
const softwareForDawn =
  'the software driver lavapipe of Mesa 23 or later (package mesa-vulkan-drivers; on Debian 12 from bookworm-backports, since its own Mesa 22.3 gives Dawn no adapter)';

/** Why there may be no adapter, and what to do about it. */
export function describeDrivers(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  software = softwareForDawn,
): DriverReport {
  if (platform === 'darwin')
    return { found: 'It runs on Metal here', remedy: 'Use a Mac with a GPU that Metal supports' };
  if (platform === 'win32') return { found: 'It runs on D3D12 here', remedy: 'Update the graphics driver' };
  const loader = findVulkanLoader(environment);
  const { from, files } = findDriverManifests(environment);
  const loaderFound = loader ? `the Vulkan loader is ${loader}` : 'there is no Vulkan loader (libvulkan.so.1)';
  const install = loader ? 'Install' : 'Install the Vulkan loader (package libvulkan1) and';
  return {
    found: `${describeManifests(from, files)}; ${loaderFound}`,
    remedy: `${install} the GPU's Vulkan driver or ${software}, or let VK_DRIVER_FILES name a driver's manifest, such as the vk_swiftshader_icd.json that chromium brings`,
  };
}

function describeManifests(from: string, files: readonly string[]): string {
  if (files.length === 0) return 'No Vulkan driver is installed';
  const shown = files.map((file) => (existsSync(file) ? file : `${file} (which does not exist)`));
  return from === 'the system' ? `Drivers found: ${shown.join(', ')}` : `${from} names ${shown.join(', ')}`;
}
