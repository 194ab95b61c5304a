/** What the model needs of Node: files of the disk, images by `sharp`. */
import type { Host } from '../../model/host.ts';
import { directoryStore } from './files.ts';
import { decodeImage, type ImageSource } from './images.ts';

export const nodeHost: Host<ImageSource> = { openStore: directoryStore, decodeImage: (image) => decodeImage(image) };
