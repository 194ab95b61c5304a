/** Words that mean something in AssemblyScript or WGSL, and that an operator might be called. */
const reserved: ReadonlySet<string> = new Set(
  (
    'abs all and any ceil clamp constant copy cos cross distance div dot equal exp exp2 floor fma fract heap index length load log ' +
    'max memory min mix mod mul neg normalize not or pow reflect rename round select sign sin size smoothstep split sqrt state ' +
    'step store sub sum tan tanh texture transpose trunc update where'
  ).split(' '),
);

/** Hands out identifiers that are unique and valid in both languages. */
export class Names {
  readonly #taken = new Map<string, number>();

  /** `visual.conv1.weight` → `visual_conv1_weight`; the second `add` → `add_2`. */
  unique(wish: string): string {
    const plain =
      wish.replace(/[^A-Za-z0-9]+/g, '_').replace(/^(?=\d)|^_+|_+$/g, (match) => (match === '' ? 'n' : '')) || 'value';
    if (reserved.has(plain)) return this.unique(`${plain}Result`);
    const count = (this.#taken.get(plain) ?? 0) + 1;
    this.#taken.set(plain, count);
    return count === 1 ? plain : this.unique(`${plain}_${count}`);
  }
}
