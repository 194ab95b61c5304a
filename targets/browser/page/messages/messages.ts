/** What the user should know: what happened, what to do, and buttons for what can be done here. */
import { button, byId, element } from '../dom.ts';
import type { Message, MessageAction, PageState } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { dismissMessage } from '../state/transitions.ts';

/** @param onAction does what a message offers */
export function bindMessages(store: Store<PageState>, onAction: (action: MessageAction) => void): void {
  const section = byId('messages', HTMLElement);
  const shown = new Map<number, HTMLElement>();
  store.watch(
    ({ messages }) => messages,
    (messages) => {
      for (const [id, card] of shown) {
        if (messages.some((message) => message.id === id)) continue;
        card.remove();
        shown.delete(id);
      }
      for (const message of messages) {
        if (shown.has(message.id)) continue;
        const card = createCard(message, onAction, () => store.update(dismissMessage(message.id)));
        shown.set(message.id, card);
        section.append(card);
      }
    },
  );
  // Escape that means nothing where the focus is puts away the message that has it, or else the last one.
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    const ids = [...shown];
    const focused = ids.find(([, card]) => card.contains(document.activeElement)) ?? ids.at(-1);
    if (focused) store.update(dismissMessage(focused[0]));
  });
}

function createCard(message: Message, onAction: (action: MessageAction) => void, onDismiss: () => void): HTMLElement {
  const { kind, title, text, actions } = message;
  const buttons = actions.map((action) =>
    button(nameOf(action), () => {
      onDismiss();
      onAction(action);
    }),
  );
  // A problem is read out at once, a note when there is time.
  return element(
    'div',
    { class: `message is-${kind}`, role: kind === 'problem' ? 'alert' : 'status' },
    element('div', {}, element('h2', {}, title), element('p', {}, text)),
    element('div', { class: 'row' }, ...buttons, button('Dismiss', onDismiss, { class: 'quiet' })),
  );
}

function nameOf(action: MessageAction): string {
  if (action.name === 'retry') return 'Try again';
  return `Use ${backendTitles[action.backend]}`;
}

/** How backends are called where people read it. */
export const backendTitles = { webgpu: 'WebGPU', wasm: 'WebAssembly' } as const;
