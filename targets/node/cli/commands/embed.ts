/** `mmgem embed`: embeddings of images and texts. */
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import { MmgemError } from '../../../../dsl/errors.ts';
import { type TensorToWrite, writeSafetensors } from '../../../../model/files/safetensors-writer.ts';
import { writeAtomically } from '../../files.ts';
import { addModelOptions, type ModelOptions, withModel } from '../model-options.ts';
import { repeated } from '../options.ts';
import type { Answer, Run, Session } from '../session.ts';
import { formatTable } from '../table.ts';

interface EmbedOptions extends ModelOptions {
  readonly text?: readonly string[];
  readonly truncate?: boolean;
  readonly out?: string;
}

interface Embedded {
  readonly kind: 'image' | 'text';
  /** The image's path, or the text. */
  readonly of: string;
  readonly embedding: Float32Array;
}

export function registerEmbed(program: Command, run: Run): void {
  const command = program
    .command('embed')
    .argument('[images...]', 'JPEG, PNG or WebP files')
    .description('embed images and texts: vectors of length 1, whose products are cosines')
    .option('-t, --text <text>', 'a text to embed; may be repeated', repeated)
    .option('--truncate', 'cut texts that are too long instead of refusing them')
    .option('-o, --out <file>', 'write the embeddings to a .json or .safetensors file');
  addModelOptions(command).action(run.action(embed));
}

async function embed(session: Session, images: readonly string[], options: EmbedOptions): Promise<Answer> {
  const { text: texts = [], truncate = false, out } = options;
  if (images.length + texts.length === 0) throw new MmgemError('nothing to embed; name images, or give --text "…"');
  const write = out === undefined ? undefined : writerFor(out);
  const embedded = await withModel(
    session,
    options,
    images.length > 0 && texts.length > 0 ? ['embed'] : [],
    async (model): Promise<Embedded[]> => {
      const ofImages = images.length === 0 ? [] : await model.embedImages(images);
      const ofTexts = texts.length === 0 ? [] : await model.embedTexts(texts, { truncate });
      return [
        ...ofImages.map((embedding, i) => ({ kind: 'image' as const, of: images[i]!, embedding })),
        ...ofTexts.map((embedding, i) => ({ kind: 'text' as const, of: texts[i]!, embedding })),
      ];
    },
  );
  const written = out === undefined ? [] : [`written to ${out}`];
  await write?.(embedded);
  const lines = [
    listing(embedded),
    ...(images.length > 0 && texts.length > 0 ? ['', similarities(embedded)] : []),
    ...written,
  ];
  return { json: documentOf(embedded), text: lines.join('\n') };
}

function documentOf(embedded: readonly Embedded[]): unknown {
  return {
    width: embedded[0]?.embedding.length ?? 0,
    embeddings: embedded.map(({ kind, of, embedding }) => ({ [kind]: of, values: [...embedding] })),
  };
}

const writers: Readonly<Record<string, (path: string, embedded: readonly Embedded[]) => Promise<void>>> = {
  '.json': async (path, embedded) => {
    const bytes = new TextEncoder().encode(`${JSON.stringify(documentOf(embedded))}\n`);
    await writeAtomically(path, (writer) => writer.write(bytes), bytes.length);
  },
  '.safetensors': async (path, embedded) => {
    const kinds = (['image', 'text'] as const).map((kind) => [kind, embedded.filter((e) => e.kind === kind)] as const);
    const present = kinds.filter(([, rows]) => rows.length > 0);
    const tensors = present.map(([kind, rows]): TensorToWrite => {
      const shape = [rows.length, rows[0]!.embedding.length];
      return { name: `${kind}s`, dtype: 'F32', shape, data: () => rows.map(({ embedding }) => embedding) };
    });
    const metadata = Object.fromEntries(
      present.map(([kind, rows]) => [`${kind}s`, JSON.stringify(rows.map(({ of }) => of))]),
    );
    await writeAtomically(path, (writer) => writeSafetensors(writer, tensors, { metadata }));
  },
};

/** What writes a file of this name. Asked before the work begins, not after it. */
function writerFor(path: string): (embedded: readonly Embedded[]) => Promise<void> {
  const write = writers[extname(path).toLowerCase()];
  if (write) return (embedded) => write(path, embedded);
  throw new MmgemError(`${path}: embeddings are written as .json or .safetensors; give the file one of these endings`);
}

/** A text as a cell: its beginning, if it is long. */
function quoted(text: string): string {
  const most = 48;
  const letters = [...text];
  return letters.length > most ? `“${letters.slice(0, most - 1).join('')}…”` : `“${text}”`;
}

function listing(embedded: readonly Embedded[]): string {
  const rows = embedded.map(({ kind, of, embedding }) => [
    kind,
    kind === 'text' ? quoted(of) : of,
    `${[...embedding.slice(0, 4)].map((value) => value.toFixed(4)).join('  ')}  … (${embedding.length})`,
  ]);
  return formatTable(rows);
}

function similarities(embedded: readonly Embedded[]): string {
  const [images, texts] = (['image', 'text'] as const).map((kind) => embedded.filter((e) => e.kind === kind)) as [
    Embedded[],
    Embedded[],
  ];
  const header = ['cosine', ...images.map(({ of }) => basename(of))];
  const rows = texts.map((text) => [quoted(text.of), ...images.map((image) => cosine(image, text).toFixed(4))]);
  return formatTable([header, ...rows], ['left', ...images.map(() => 'right' as const)]);
}

function cosine({ embedding: a }: Embedded, { embedding: b }: Embedded): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
