/** The files that a page needs to open, as the build lists them for the page's service worker. */
export interface PageFiles {
  /** Hash over all of them: another one for another build. */
  readonly version: string;
  /** Paths relative to the page, and their SHA-256 as `integrity` of fetch takes it. The page itself is ''. */
  readonly files: Readonly<Record<string, string>>;
}
