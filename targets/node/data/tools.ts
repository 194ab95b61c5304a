// What preparing images takes of Node: sharp, files, and resolvers that others bring.
import {
  type ImageResolvers,
  type ImageTools,
  inlinePreparer,
  type StartPreparer,
} from '../../../model/data/prepare.ts';
import { decodeImage } from '../images.ts';
import { imageResolvers } from './resolvers.ts';

/**
 * @param module URL of a module that exports `imageResolvers`, for kinds of images that are not known here; a URL, because
 * functions do not travel to threads
 */
export async function imageTools(module?: string): Promise<ImageTools> {
  const brought = module === undefined ? {} : ((await import(module)) as { readonly imageResolvers?: ImageResolvers });
  return {
    decode: (bytes, name) => decodeImage(bytes, { name }),
    resolvers: { ...imageResolvers, ...brought.imageResolvers },
  };
}

/** Prepares images in the thread of the caller. */
export async function imagesInline(module?: string): Promise<StartPreparer> {
  return inlinePreparer(await imageTools(module));
}
