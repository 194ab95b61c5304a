/** What a person does on mmgem's page and sees there. Elements are found by their ids and states, as the page's README lists them. */
import type { ElementHandle, Page } from 'puppeteer-core';
import type { Tab } from './tab.ts';
import { until, untilWithin } from './until.ts';

/** Milliseconds for whatever a model does on a slow machine. */
const patience = 600_000;

export class Visitor {
  readonly #page: Page;

  constructor({ page }: Tab) {
    this.#page = page;
    page.setDefaultTimeout(patience);
  }

  /** Opens the page. @param query of the address: `backend=wasm` */
  async visit(origin: string, query = ''): Promise<void> {
    await this.#page.setViewport({ width: 1280, height: 900 });
    await this.#page.goto(`${origin}/?${query}`, { timeout: patience });
  }

  /** Waits until the page would open without its server. */
  async untilKept(): Promise<void> {
    await this.#page.evaluate(async () => {
      const { active } = await navigator.serviceWorker.ready;
      while (active?.state === 'activating') {
        await new Promise((resolve) => active.addEventListener('statechange', resolve, { once: true }));
      }
    });
  }

  /** Waits until a model runs, and fails at once when the page says that it cannot. */
  async untilReady(title: 'WebGPU' | 'WebAssembly'): Promise<void> {
    await this.#untilSettled();
    const text = await this.text('#running-on');
    if (text !== `Running on ${title}`) throw new Error(`${text}: ${(await this.problems()).join('; ')}`);
  }

  /** Opens the page again where a driven Firefox has not loaded a kernel's thread, as now and then it never does; none else is given more tries. */
  async #untilSettled(): Promise<void> {
    const isFirefox = /firefox/i.test(await this.#page.browser().version());
    for (let tries = isFirefox ? 3 : 1; ; tries--) {
      try {
        const isSettled = (): boolean =>
          /^(Running on|Not running)/.test(document.getElementById('running-on')!.textContent);
        return await untilWithin(tries > 1 ? 120_000 : patience, this.#page, 'a model runs', isSettled);
      } catch (error) {
        if (tries === 1) throw error;
        console.log('Firefox did not begin, and opens the page again');
        await this.#page.reload();
      }
    }
  }

  /** The caption of the picture that is shown, when it is complete. Fails when the page says that there will be none. */
  caption(): Promise<string> {
    return this.#said('#caption');
  }

  /** Types a text to be found, and waits for its heat map. */
  async find(text: string): Promise<void> {
    await this.#page.type('#query', text);
    await until(this.#page, 'a heat map', () => document.querySelector('#heat:not([hidden])') !== null);
  }

  /** Drags a box over the middle of the picture. @returns what is said of it */
  async describeMiddle(): Promise<string> {
    const box = await (await this.#element('#frame')).boundingBox();
    if (!box) throw new Error('the picture is not to be seen');
    const { mouse } = this.#page;
    await mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.25);
    await mouse.down();
    await mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.75, { steps: 5 });
    await mouse.up();
    return this.#said('#regions .said');
  }

  /** Adds files as with the button. */
  async addFiles(...paths: readonly string[]): Promise<void> {
    const input = (await this.#element('#file-input')) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(...paths);
  }

  /** How many pictures there are. */
  async pictures(): Promise<number> {
    return (await this.#page.$$('#gallery > *')).length;
  }

  /** Waits for a message that matches. @returns the whole of it */
  async message(pattern: RegExp): Promise<string> {
    await until(
      this.#page,
      `a message ${pattern}`,
      (source) =>
        [...document.querySelectorAll('.message')].some(({ textContent }) => new RegExp(source).test(textContent)),
      pattern.source,
    );
    return (await this.#messages('.message')).find((text) => pattern.test(text))!;
  }

  /** The messages of what went wrong. */
  problems(): Promise<string[]> {
    return this.#messages('.message.is-problem');
  }

  /** Presses the first button with such a name. */
  async press(name: string): Promise<void> {
    await this.#page.locator(`::-p-xpath(//button[normalize-space()="${name}"])`).click();
  }

  async text(selector: string): Promise<string> {
    return this.#page.$eval(selector, (found) => found.textContent.trim());
  }

  async #said(selector: string): Promise<string> {
    const ended = `${selector}[data-status="done"], ${selector}[data-status="failed"]`;
    await until(this.#page, `a text in ${selector}`, (wanted) => document.querySelector(wanted) !== null, ended);
    const text = await this.text(selector);
    if (await this.#page.$(`${selector}[data-status="failed"]`)) throw new Error(`instead of a text: ${text}`);
    return text;
  }

  #messages(selector: string): Promise<string[]> {
    return this.#page.$$eval(selector, (found) =>
      found.map((card) => [...card.querySelectorAll('h2, p')].map(({ textContent }) => textContent).join(': ')),
    );
  }

  async #element(selector: string): Promise<ElementHandle> {
    const found = await this.#page.$(selector);
    if (!found) throw new Error(`the page has no ${selector}`);
    return found;
  }
}
