/** The command line of `npm run bench`. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { contenders } from './contenders/contenders.ts';
import { suites } from './suites/suites.ts';

export interface BenchmarkOptions {
  readonly suites: readonly string[];
  /** `wasm` stands for the best build. */
  readonly backends: readonly string[];
  /** Whether backends were named: then also those are measured that nobody would choose. */
  readonly named: boolean;
  /** For cases of models. */
  readonly browsers: readonly string[];
  readonly peers: readonly string[];
  readonly threads: readonly number[];
  /** Batches; all unless told. */
  readonly batches?: readonly number[];
  /** Cases whose name matches. */
  readonly only?: RegExp;
  readonly quick: boolean;
  readonly profile: boolean;
  readonly check: boolean;
  readonly record: boolean;
  readonly list: boolean;
  readonly json?: string;
  readonly html?: string;
  /** The model directory of suite browser; the packaged one unless told. */
  readonly model?: string;
  /** The Node that runs the contenders. */
  readonly node?: string;
  readonly rounds?: number;
}

export const usage = `usage: npm run bench -- [options]

  --suite NAME,…    ${suites.map(({ name }) => name).join(', ')}; all unless told
  --only REGEX      cases whose name matches
  --backend NAME,…  wasm (the best build), ${namesOf('backend').join(', ')}; all that run here unless told
  --peer NAME,…     ${namesOf('peer').join(', ')}, or none; all unless told
  --browser NAME,…  ${namesOf('browser').join(', ')}, or none; all unless told
  --model DIR       the model of suite browser, if not the packaged one
  --threads N,…     1 and the number of processors unless told
  --batch N,…       cases of these batches alone
  --rounds N        most rounds of a case
  --quick           small cases and few rounds
  --profile         where the time goes, by kernel
  --node PATH       the Node that runs the contenders, if not this one
  --json FILE       everything that was measured
  --html FILE       a page with charts
  --check           fails when a ratio is below its floor in bench/floors.json
  --record          writes what was measured beside the floors
  --list            what would be measured`;

function namesOf(kind: string): string[] {
  return contenders.filter((contender) => contender.kind === kind).map(({ name }) => name);
}

/** @throws Error for an option that is unknown, or has a value that means nothing */
export function parseOptions(args: readonly string[]): BenchmarkOptions {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      suite: text,
      only: text,
      backend: text,
      peer: text,
      browser: text,
      model: text,
      threads: text,
      batch: text,
      rounds: text,
      node: text,
      json: text,
      html: text,
      quick: flag,
      profile: flag,
      check: flag,
      record: flag,
      list: flag,
    },
  });
  const { quick, profile, check, record, list, only, json, html, node, model } = values;
  if (model !== undefined && !existsSync(join(model, 'config.json')))
    throw new Error(`--model ${model} is no model directory: it has no config.json`);
  const cores = availableParallelism();
  return {
    suites: chosen(
      'suite',
      values.suite,
      suites.map(({ name }) => name),
    ),
    backends: chosen('backend', values.backend, namesOf('backend'), ['wasm']),
    named: values.backend !== undefined,
    peers: values.peer === 'none' ? [] : chosen('peer', values.peer, namesOf('peer')),
    browsers: values.browser === 'none' ? [] : chosen('browser', values.browser, namesOf('browser')),
    threads: numbers('threads', values.threads) ?? [...new Set(quick ? [cores] : [1, cores])],
    quick,
    profile,
    check,
    record,
    list,
    ...(values.batch !== undefined && { batches: numbers('batch', values.batch)! }),
    ...(values.rounds !== undefined && { rounds: numbers('rounds', values.rounds)![0]! }),
    ...(only !== undefined && { only: new RegExp(only) }),
    ...(json !== undefined && { json }),
    ...(html !== undefined && { html }),
    ...(node !== undefined && { node }),
    ...(model !== undefined && { model }),
  };
}

function chosen(
  option: string,
  given: string | undefined,
  all: readonly string[],
  also: readonly string[] = [],
): string[] {
  if (given === undefined) return [...all];
  const names = given.split(',');
  const unknown = names.find((name) => !all.includes(name) && !also.includes(name));
  if (unknown !== undefined)
    throw new Error(`--${option} ${unknown} is not known; there are ${[...also, ...all].join(', ')}`);
  return names;
}

function numbers(option: string, given: string | undefined): number[] | undefined {
  const values = given?.split(',').map(Number);
  const wrong = values?.find((value) => !Number.isInteger(value) || value < 1);
  if (wrong !== undefined) throw new Error(`--${option} takes whole numbers of at least 1, not ${given}`);
  return values;
}
