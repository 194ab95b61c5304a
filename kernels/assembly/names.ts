/** Identifiers of a function that is being printed: none twice, none that means something else. */

/** Words that are no identifiers, or that the printed code uses for something else. */
const reserved = new Set(
  (
    'args tile scratch i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 v128 bool usize isize void load store memory abs min max ' +
    'floor ceil sqrt select i8x16 i16x8 i32x4 i64x2 f32x4 f64x2 madd nmadd kept break case catch class const continue debugger default ' +
    'delete do else enum export extends false finally for function if import in instanceof new null return super switch ' +
    'this throw true try typeof var while with yield let static type as of from NaN Infinity is get set number string ' +
    'boolean any object symbol never unreachable trace heap atomic table ref sizeof assert'
  ).split(' '),
);

export class Names {
  readonly #taken = new Set<string>();

  /** A new identifier like `hint`. */
  next(hint: string): string {
    const cleaned = hint.replace(/\W/g, '_').replace(/^(?=\d)/, '_') || 'v';
    let name = cleaned;
    for (let n = 1; this.#taken.has(name) || reserved.has(name); n++) name = `${cleaned}_${n}`;
    this.#taken.add(name);
    return name;
  }
}

/** What a kernel's function is called: as the kernel, unless AssemblyScript means something else by it (`max` is `max_1`). */
export function functionName(kernel: { readonly name: string }): string {
  return new Names().next(kernel.name);
}
