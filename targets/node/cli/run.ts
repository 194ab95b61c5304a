/** The command line: commands, options, exit code. */
import { Command, CommanderError } from 'commander';
import { commands } from './commands.ts';
import { packageVersion } from './package-files.ts';
import { Run, type Streams } from './session.ts';

/** commander's words without their mark, and with what helps where no model is named. */
function explained(message: string): string {
  const hint = 'MMGEM_MODEL names one for all commands, and mmgem init --config nano --out nano makes one to try';
  return message.replace(/^error: /, '').replace(/'-m, --model <folder>' not specified/, `$&; ${hint}`);
}

/**
 * Runs one command.
 * @param argv what the user typed behind `mmgem`
 * @returns the exit code: 0, or 1 when the command failed or what it checks is not right
 */
export async function run(argv: readonly string[], streams: Streams = process): Promise<number> {
  const current = new Run(streams);
  const program = createProgram(current);
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) current.fail(error, {});
    else if (error.exitCode !== 0) {
      current.exitCode = 1;
      // commander has told people already; a program that asked for JSON gets its document.
      if (argv.includes('--json')) {
        streams.stdout.write(`${JSON.stringify({ error: explained(error.message) }, null, 2)}\n`);
      }
    }
  }
  return current.exitCode;
}

function createProgram(current: Run): Command {
  const { stdout, stderr } = current.streams;
  const program = new Command('mmgem')
    .description('MM-GEM: embeddings and captions of images, regions and texts, on WebAssembly and WebGPU')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print what there is')
    .option('--json', 'print one JSON document on stdout and nothing else')
    .option('--debug', 'print where errors come from')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(`mmgem: ${explained(text)}`),
    })
    .showHelpAfterError('Run mmgem --help, or mmgem help COMMAND, for what there is.')
    .exitOverride();
  for (const register of commands) register(program, current);
  return program;
}
