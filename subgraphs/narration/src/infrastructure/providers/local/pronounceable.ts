// What flite can read of a text: plain ASCII, a sentence at a time.

/** Those that have no decomposition into a letter and its accents. */
const LETTERS: Readonly<Record<string, string>> = {
  ...{
    ß: 'ss',
    æ: 'ae',
    Æ: 'Ae',
    œ: 'oe',
    Œ: 'Oe',
    ø: 'o',
    Ø: 'O',
    đ: 'd',
    Đ: 'D',
    ð: 'd',
    Ð: 'D',
    þ: 'th',
    Þ: 'Th',
    ł: 'l',
    Ł: 'L',
    ı: 'i',
  },
  ...{ '€': ' euros ', '£': ' pounds ', '&': ' and ', '°': ' degrees ' },
};
/** Flite's memory grows with what it reads at once: 20 MB for a sentence, 119 MB for 2,300 characters. */
const LONGEST = 300;
/** A stop after these ends no sentence. */
const ABBREVIATION = /(?:^|[\s(])(?:Mr|Mrs|Ms|Dr|St|Prof|Capt|Col|Gen|Lt|Sgt|Rev|Hon|Jr|Sr|Mt|No|vs|etc)\.\s*$/u;
const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Pieces to be read one after the other, each with something to pronounce; empty: there is nothing. */
export function pronounceable(text: string): string[] {
  const pieces: string[] = [];
  let open = '';
  for (const { segment } of sentences.segment(toAscii(text))) {
    open += segment;
    if (ABBREVIATION.test(open)) continue;
    pieces.push(...cut(open));
    open = '';
  }
  pieces.push(...cut(open));
  return pieces.map((piece) => piece.trim()).filter((piece) => /[A-Za-z0-9]/u.test(piece));
}

/** One curly quotation mark is enough for flite to say nothing at all. */
function toAscii(text: string): string {
  return (
    text
      .replace(/[\u2018\u2019\u201a\u201b\u2032\u02bc`]/gu, "'")
      .replace(/["\u201c-\u201f\u00ab\u00bb\u2033]/gu, ' ')
      .replace(/\s*(?:[\u2012-\u2015]|--+)\s*/gu, ', ')
      .replace(/\u2026/gu, '... ')
      .replace(/[^\u0000-\u007f]/gu, (letter) => LETTERS[letter] ?? letter)
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/&/gu, ' and ')
      .replace(/[^\u0020-\u007e]|[*_~#|<>[\]{}\\^]/gu, ' ')
      // "*** Rain" and "Rain ... rain": marks alone are not read, and only the last of several.
      .replace(/(?<=^|\s)[^A-Za-z0-9$'\s]+(?=\s|$)/gu, ' ')
      .replace(/\s+/gu, ' ')
      .trim()
  );
}

/** At most LONGEST characters each, divided where one would breathe. */
function cut(sentence: string): string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (rest.length > LONGEST) {
    const head = rest.slice(0, LONGEST);
    const at = Math.max(head.lastIndexOf(', '), head.lastIndexOf('; '), head.lastIndexOf(': '));
    const end = at > LONGEST / 3 ? at + 1 : head.lastIndexOf(' ') > 0 ? head.lastIndexOf(' ') : LONGEST;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  pieces.push(rest);
  return pieces;
}
