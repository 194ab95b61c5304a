/** Starting a browser of which nothing runs any more afterwards, however the test ends. */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import puppeteer, { type Browser } from 'puppeteer-core';
import { type BrowserKind, environmentOf } from './browsers.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Milliseconds. A machine of two cores that is busy otherwise takes minutes to start Firefox. */
const patience = { start: 300_000, answer: 1_500_000 } as const;

export interface LaunchChoice {
  /** false: the browser has no WebGPU, as older ones have none. */
  readonly webgpu?: boolean;
  /** Firefox's preferences besides those of the tests. */
  readonly preferences?: Readonly<Record<string, string | number | boolean>>;
}

/** A running browser with a profile of its own. Disposing of it ends its processes and removes the profile. */
export interface LaunchedBrowser extends AsyncDisposable {
  readonly browser: Browser;
}

/** Starts the program of a kind, without a window. */
export async function launchBrowser(
  kind: BrowserKind,
  program: string,
  { webgpu = true, preferences = {} }: LaunchChoice = {},
): Promise<LaunchedBrowser> {
  const profile = await temporaryFolder();
  const chosen = { ...kind.launch, ...(!webgpu && kind.withoutWebGpu) };
  const options = {
    ...chosen,
    ...(chosen.extraPrefsFirefox && { extraPrefsFirefox: { ...chosen.extraPrefsFirefox, ...preferences } }),
    headless: true,
    userDataDir: profile.path,
  };
  try {
    const browser = await puppeteer.launch({
      ...options,
      ...tied(program, await puppeteer.defaultArgs(options)),
      ignoreDefaultArgs: true,
      env: environmentOf(kind),
      timeout: patience.start,
      protocolTimeout: patience.answer,
      // With its handlers a signal would end the browser and leave the test waiting for it.
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
    });
    return {
      browser,
      async [Symbol.asyncDispose]() {
        if (browser.connected) await browser.close();
        else await kill(browser.process());
        await profile[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await profile[Symbol.asyncDispose]();
    throw error;
  }
}

/** Ends a browser that is not driven any more. */
async function kill(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** The browser has a process group of its own, which a test process that is killed would leave behind: Linux can tie the two together. */
function tied(program: string, args: readonly string[]): { executablePath: string; args: string[] } {
  const setpriv = '/usr/bin/setpriv';
  if (!existsSync(setpriv)) return { executablePath: program, args: [...args] };
  return { executablePath: setpriv, args: ['--pdeathsig', 'KILL', program, ...args] };
}
