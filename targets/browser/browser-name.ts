/** The browser by name and version, for people: nothing is decided by it. */

/** What stands before the version in a user agent, most telling first: Chromium calls itself Safari, and Edge both. */
const marks: readonly (readonly [mark: RegExp, name: string])[] = [
  [/Firefox\/(\d+)/, 'Firefox'],
  [/Edg\/(\d+)/, 'Edge'],
  [/(?:Headless)?Chrom(?:e|ium)\/(\d+)/, 'Chromium'],
  [/Version\/(\d+)[.\d]* .*Safari/, 'Safari'],
];

/** `Firefox 153`. */
export function browserName({ userAgent }: { readonly userAgent: string } = navigator): string {
  for (const [mark, name] of marks) {
    const version = mark.exec(userAgent)?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  return 'this browser';
}
