/** Hands out identifiers that are unique within a step. What a language keeps for itself is its printer's concern. */
export class Names {
  readonly #taken = new Map<string, number>();

  /** `visual.conv1.weight` → `visual_conv1_weight`; the second `add` → `add_2`. */
  unique(wish: string): string {
    const plain =
      wish.replace(/[^A-Za-z0-9]+/g, '_').replace(/^(?=\d)|^_+|_+$/g, (match) => (match === '' ? 'n' : '')) || 'value';
    const count = (this.#taken.get(plain) ?? 0) + 1;
    this.#taken.set(plain, count);
    return count === 1 ? plain : this.unique(`${plain}_${count}`);
  }
}
