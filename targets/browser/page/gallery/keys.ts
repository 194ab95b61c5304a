/** Where the arrow keys lead in a grid. */

/**
 * @param at number of the item that has the focus
 * @param columns items in a row
 * @returns the item that gets the focus; undefined for a key that leads nowhere
 */
export function itemAfterKey(key: string, at: number, count: number, columns: number): number | undefined {
  const to = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    ArrowDown: at + columns,
    Home: 0,
    End: count - 1,
  }[key];
  if (to === undefined || count === 0) return undefined;
  if (to >= 0 && to < count) return to;
  // Below the last item of a row that is not full: the last of all.
  const rowsBelow = Math.floor((count - 1) / columns) - Math.floor(at / columns);
  return key === 'ArrowDown' && rowsBelow > 0 ? count - 1 : at;
}

/** Items in the first row, by where their tops are. */
export function columnsOf(tops: readonly number[]): number {
  const beyond = tops.findIndex((top) => top > tops[0]! + 1);
  return beyond > 0 ? beyond : Math.max(1, tops.length);
}
