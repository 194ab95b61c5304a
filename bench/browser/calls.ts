/** What a page is called for by its server, see page-link.ts. */

export interface Call {
  readonly name: 'start' | 'run' | 'sample';
  readonly given: readonly unknown[];
}

export type Outcome = { readonly value: unknown } | { readonly error: string };

export const paths = { call: '/link/call', outcome: '/link/outcome' } as const;
