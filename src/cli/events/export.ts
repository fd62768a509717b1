import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import type { Terminal } from '../terminal.ts';

interface ExportOptions extends OnlineOptions {
  readonly force?: boolean;
}

/** `ihuman events export`: the whole log as a file that can be verified by itself. */
export function exportEvents(context: CliContext): Command {
  return onlineCommand('export', 'write the whole log into a file that proves itself; for administrators')
    .argument('[file]', 'where to', 'ihuman-log.ndjson')
    .option('--force', 'write over a file that is there')
    .addHelpText('after', '\nExample:\n  ihuman events export log.ndjson && ihuman log verify --export log.ndjson')
    .action((file: string, options: ExportOptions) =>
      online(context, options, async (client) => {
        const { terminal, cwd } = context;
        const path = resolve(cwd, file);
        if (existsSync(path) && options.force !== true)
          throw new CliError('usage', `${file} is there already; give --force to write over it.`);
        const bytes = await save(await client.exportLog(), path, terminal);
        if (options.json === true) terminal.json({ file: path, bytes });
        else terminal.note(`${file}: ${sizeText(bytes)}. Check it anywhere: ihuman log verify --export ${file}`);
      }),
    );
}

/** The file gets its name when it is whole: half a log must not be taken for one. */
async function save(stream: ReadableStream<Uint8Array>, path: string, terminal: Terminal): Promise<number> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  let bytes = 0;
  let told = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes - told >= noteEvery && terminal.isNoteTTY) {
        terminal.note(`${sizeText(bytes)} …`);
        told = bytes;
      }
      yield chunk;
    }
  };
  try {
    const source = Readable.from(stream);
    await pipeline(source, counted, createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }));
    await rename(draft, path);
    return bytes;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

const noteEvery = 64 * 1_048_576;

function sizeText(bytes: number): string {
  return bytes < 1_048_576 ? `${String(Math.ceil(bytes / 1024))} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
