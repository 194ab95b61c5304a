/** Right, wrong, not known. */

/** A sign that is read aloud, too; nothing where it is not known. */
export function markHtml(right: boolean | undefined): string {
  if (right === undefined) return '';
  const word = right ? 'right' : 'wrong';
  return `<span class="mark ${word}" role="img" aria-label="${word}" title="${word}">${right ? '✓' : '✗'}</span>`;
}
