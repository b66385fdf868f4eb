import { styleText } from 'node:util';
import type { FindingsQuery } from '../generated/graphql/graphql.js';

type Story = NonNullable<FindingsQuery['story']>;
type Segment = Story['segments'] extends infer Connection
  ? NonNullable<Connection> extends { nodes: (infer Node)[] }
    ? Node
    : never
  : never;

const width = 40;

/** One line that is drawn over itself on a terminal; elsewhere (a file, a CI log) a line per stage. */
export function progressBar(out: NodeJS.WriteStream) {
  let shown = '';
  return {
    update(stage: string, done: number, total: number) {
      if (!out.isTTY) {
        if (stage !== shown) out.write(`  ${stage} …\n`);
        shown = stage;
        return;
      }
      const filled = total > 0 ? Math.round((Math.min(done, total) / total) * width) : 0;
      out.write(`\r\u001b[K  ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${stage} ${done}/${total}`);
    },
    end() {
      if (out.isTTY) out.write('\r\u001b[K');
    },
  };
}

const heading = (text: string) => styleText('bold', text);
const oneLine = (text: string, length: number) => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
};

export function report({ characters, emotions }: Story, segments: readonly Segment[]): string {
  const lines = [heading(`\nCharacters (${characters.length})`)];
  for (const { name, aliases, role, description, traits } of characters) {
    const also = aliases.length > 0 ? ` (also ${aliases.join(', ')})` : '';
    lines.push(`  ${name}${also}${role ? ` · ${role}` : ''}${traits.length > 0 ? ` · ${traits.join(', ')}` : ''}`);
    if (description) lines.push(styleText('dim', `    ${oneLine(description, 100)}`));
  }
  lines.push(heading(`\nEmotions (${emotions.length})`));
  for (const { emotion, intensity, quote, segmentIndex } of emotions) {
    lines.push(
      `  ${emotion.padEnd(9)} ${'▮'.repeat(intensity).padEnd(10, '▯')}  ${styleText('dim', `[${segmentIndex}]`)} ${oneLine(quote, 80)}`,
    );
  }
  lines.push(heading(`\nSegments (${segments.length})`));
  for (const { index, speaker, emotion, text } of segments) {
    const label = `  ${String(index).padStart(4)}  ${(speaker?.name ?? '–').padEnd(20)} ${emotion.padEnd(9)}`;
    lines.push(`${label} ${oneLine(text, 90)}`);
  }
  return lines.join('\n');
}
