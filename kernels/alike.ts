/** Recognises kernels whose code is the same but for names: the layers of a model, above all. */

const declaration = /\b(?:let|const|var(?:<[^>]*>)?|function|fn|struct)\s+([A-Za-z_]\w*)/g;

/**
 * Source without comments, in which what it declares is numbered in order: equal for two kernels, in AssemblyScript or
 * WGSL, that do the same with other names.
 */
export function withoutNames(source: string): string {
  const code = source.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '');
  const numbers = new Map<string, string>();
  for (const [, name] of code.matchAll(declaration)) if (!numbers.has(name!)) numbers.set(name!, `$${numbers.size}`);
  return code.replace(/[A-Za-z_]\w*/g, (word, at: number) =>
    code[at - 1] === '.' ? word : (numbers.get(word) ?? word),
  );
}
