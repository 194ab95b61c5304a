/** What is compiled and loaded before the page asks its first question: every program that it uses. */
export const prepare = ['caption', 'embed', 'regionCaption', 'maskCaption', 'locate'] as const;
