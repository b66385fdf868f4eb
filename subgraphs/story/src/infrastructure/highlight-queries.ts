import type { PrismaClient } from '../generated/prisma/client.js';

/** A stretch of text that is one of the words that were looked for, or what lies between them. */
export interface HighlightPart {
  readonly text: string;
  readonly isMatch: boolean;
}

export interface SearchMatch {
  readonly titleHighlight: HighlightPart[];
  readonly excerpt: HighlightPart[];
}

/** An edition in which words were found. */
interface Found {
  readonly id: string;
  readonly version: number;
  readonly words: string;
}

export interface HighlightQueries {
  /** Where the words stand: what PostgreSQL has to read the whole text for, so of the rows of one page only. */
  highlights(found: readonly Found[]): Promise<SearchMatch[]>;
}

/** Control characters as marks: taken out of the text first, they can only be ours. */
const [start, stop] = ['\u0002', '\u0003'] as const;
const marks = `StartSel="${start}", StopSel="${stop}"`;
const titleOptions = `${marks}, HighlightAll=true`;
const excerptOptions = `${marks}, MaxFragments=2, MinWords=8, MaxWords=24, FragmentDelimiter=" … "`;

export function highlightQueries(client: PrismaClient): HighlightQueries {
  return {
    async highlights(found) {
      const rows = await client.$queryRaw<{ place: number; title: string; excerpt: string }[]>`
        SELECT wanted.place::int - 1 AS place,
          ts_headline(language.config::regconfig, translate(v.title, ${start + stop}, ''), language.words, ${titleOptions}) AS title,
          ts_headline(language.config::regconfig, translate(v.content, ${start + stop}, ''), language.words, ${excerptOptions}) AS excerpt
        FROM unnest(${found.map(({ id }) => id)}::uuid[], ${found.map(({ version }) => version)}::int[], ${found.map(({ words }) => words)}::text[])
          WITH ORDINALITY AS wanted(story_id, version, words, place)
        JOIN story_versions v ON v.story_id = wanted.story_id AND v.version = wanted.version
        JOIN stories s ON s.id = v.story_id
        CROSS JOIN LATERAL (
          SELECT config, websearch_to_tsquery(config::regconfig, wanted.words) AS words FROM story_search_config(s.language) AS config
        ) language`;
      const byPlace = new Map(rows.map((row) => [row.place, row]));
      return found.map((_, place) => {
        const { title = '', excerpt = '' } = byPlace.get(place) ?? {};
        return { titleHighlight: partsOf(title), excerpt: partsOf(excerpt) };
      });
    },
  };
}

/** `a \u0002fox\u0003 ran` → a, fox (a match), ran. */
function partsOf(marked: string): HighlightPart[] {
  return marked
    .split(new RegExp(`(${start}[^${stop}]*${stop})`))
    .filter((text) => text !== '')
    .map((text) => (text.startsWith(start) ? { text: text.slice(1, -1), isMatch: true } : { text, isMatch: false }));
}
