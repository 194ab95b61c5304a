/** Items of a list that glide to their new places. */

const duration = 260;

/** Puts a list's items in an order; those that were there before are seen to move, unless the user wants no motion. */
export function moveSmoothly(list: HTMLElement, order: readonly HTMLElement[]): void {
  if (order.length === list.children.length && order.every((item, i) => list.children[i] === item)) return;
  const focused = document.activeElement;
  const before = new Map(order.filter((item) => item.isConnected).map((item) => [item, item.getBoundingClientRect()]));
  order.forEach((item, i) => {
    if (list.children[i] !== item) list.insertBefore(item, list.children[i] ?? null);
  });
  // What is moved in the document loses the focus.
  if (focused instanceof HTMLElement && focused !== document.activeElement && list.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const shifts = [...before].map(([item, { left, top }]) => {
    const now = item.getBoundingClientRect();
    return { item, x: left - now.left, y: top - now.top };
  });
  for (const { item, x, y } of shifts) {
    if (x === 0 && y === 0) continue;
    item.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: 'none' }], { duration, easing: 'ease-out' });
  }
}
