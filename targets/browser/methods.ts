/** What can be called of a model in the worker: a table, from which the page's methods and their types follow. */
import type { Mmgem } from '../../model/mmgem.ts';
import type { AnswerKind } from './rpc/messages.ts';

export interface MethodRow {
  /** `stream`: the method returns a text that is generated piece by piece. */
  readonly answer: AnswerKind;
  /** The first argument is an image or a list of images. */
  readonly images: boolean;
}

export const modelMethods = {
  embedImages: { answer: 'value', images: true },
  embedTexts: { answer: 'value', images: false },
  embedRegions: { answer: 'value', images: true },
  caption: { answer: 'stream', images: true },
  captions: { answer: 'value', images: true },
  captionRegions: { answer: 'value', images: true },
  locate: { answer: 'value', images: true },
  locateAll: { answer: 'value', images: true },
  continueText: { answer: 'stream', images: false },
  countTokens: { answer: 'value', images: false },
  memory: { answer: 'value', images: false },
} as const satisfies Partial<Record<keyof Mmgem<unknown>, MethodRow>>;

export type ModelMethod = keyof typeof modelMethods;

type Answered<Kind extends AnswerKind> = {
  [Name in ModelMethod]: (typeof modelMethods)[Name]['answer'] extends Kind ? Name : never;
}[ModelMethod];

export type ValueMethod = Answered<'value'>;
export type StreamMethod = Answered<'stream'>;

/** The same method where the answer has to be waited for. */
type Awaiting<Method> = Method extends (...args: infer Args) => infer Result
  ? (...args: Args) => Promise<Awaited<Result>>
  : never;

/** The methods of a type, all of them asynchronous; their descriptions stay. */
export type Asynchronous<Methods> = { [Name in keyof Methods]: Awaiting<Methods[Name]> };
