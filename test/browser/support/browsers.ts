/** The browsers that tests drive, and where they are on this machine. */
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import type { LaunchOptions } from 'puppeteer-core';
import { findManifests } from '../../support/hosts.ts';

export type BrowserName = 'chromium' | 'firefox';

/** What a browser is started with, beside what every one gets. */
export interface BrowserKind {
  readonly name: BrowserName;
  /** Names its program, where it is none of `programs`. */
  readonly variable: string;
  readonly programs: readonly string[];
  readonly remedy: string;
  /** The program's options with WebGPU, on a software adapter where there is no other. */
  readonly launch: Pick<LaunchOptions, 'args' | 'browser' | 'extraPrefsFirefox' | 'env'>;
  /** What takes WebGPU away: for pages that must do without. */
  readonly withoutWebGpu: Pick<LaunchOptions, 'args' | 'extraPrefsFirefox'>;
}

const quietChromium = ['--no-sandbox', '--disable-quic', '--disable-component-update'];

/** Firefox asks its makers for nothing, and shows no page that nobody asked for. */
const quietFirefox = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.safebrowsing.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.healthreport.uploadEnabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.systemAddon.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,none',
  'toolkit.telemetry.enabled': false,
};

export const browserKinds: Readonly<Record<BrowserName, BrowserKind>> = {
  chromium: {
    name: 'chromium',
    variable: 'MMGEM_CHROMIUM',
    programs: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
    remedy: "install Debian's package chromium",
    launch: {
      browser: 'chrome',
      args: [...quietChromium, '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
    },
    withoutWebGpu: { args: [...quietChromium, '--disable-features=WebGPU', '--disable-blink-features=WebGPU'] },
  },
  firefox: {
    name: 'firefox',
    variable: 'MMGEM_FIREFOX',
    programs: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
    remedy: "install Debian's package firefox-esr",
    launch: {
      browser: 'firefox',
      extraPrefsFirefox: { ...quietFirefox, 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true },
    },
    withoutWebGpu: { extraPrefsFirefox: { ...quietFirefox, 'dom.webgpu.enabled': false } },
  },
};

export const browserNames = Object.keys(browserKinds) as readonly BrowserName[];

/** The program of a browser, or what to do about its absence. Throws when the variable names one that does not exist. */
export function findBrowser({
  name,
  variable,
  programs,
  remedy,
}: BrowserKind): { program: string } | { reason: string } {
  const named = process.env[variable];
  if (named !== undefined && !existsSync(named)) throw new Error(`${variable} names ${named}, which does not exist.`);
  const program = named ?? programs.find((path) => existsSync(path));
  if (program !== undefined) return { program };
  return { reason: `${name} is at none of ${programs.join(', ')}: ${remedy}, or name it in ${variable}` };
}

/** The environment in which Firefox finds Mesa's software driver and no other one's half-working one. */
export function environmentOf({ name }: BrowserKind): Record<string, string | undefined> {
  if (name !== 'firefox') return process.env;
  const lavapipe = findManifests(/^lvp_icd.*\.json$/);
  return lavapipe.length === 0 ? process.env : { ...process.env, VK_DRIVER_FILES: lavapipe.join(delimiter) };
}
