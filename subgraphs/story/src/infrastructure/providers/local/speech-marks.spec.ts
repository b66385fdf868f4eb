import { describe, expect, it } from '@jest/globals';
import { findParagraphs, findSpeech } from './speech-marks.js';

const speechIn = (content: string) => findSpeech(content, findParagraphs(content)).map(({ start, end }) => content.slice(start, end));

describe('direct speech', () => {
  it('stands in the quotation marks of every usual style', () => {
    expect(speechIn('"Come in," she said. "Sit down."')).toEqual(['"Come in,"', '"Sit down."']);
    expect(speechIn('“Come in,” she said.')).toEqual(['“Come in,”']);
    expect(speechIn('«Come in,» she said.')).toEqual(['«Come in,»']);
    expect(speechIn('»Come in,« she said.')).toEqual(['»Come in,«']);
    expect(speechIn('„Come in,“ she said. „Sit down.”')).toEqual(['„Come in,“', '„Sit down.”']);
    expect(speechIn('‘Come in,’ she said.')).toEqual(['‘Come in,’']);
  });

  it('an apostrophe closes no single quotation', () => {
    expect(speechIn("'I don't know the boys' names,' he said. 'Ask 'em.'")).toEqual(["'I don't know the boys' names,'", "'Ask 'em.'"]);
    expect(speechIn('‘It’s the dogs’ dinner,’ said Ned.')).toEqual(['‘It’s the dogs’ dinner,’']);
    expect(speechIn('It was the boys\' room, and \'twas cold. "Brr," he said.')).toEqual(['"Brr,"']);
  });

  it('a quotation inside of a quotation belongs to it', () => {
    expect(speechIn('“She said ‘no’ and left,” he told me.')).toEqual(['“She said ‘no’ and left,”']);
    expect(speechIn('\'She said "no" and left,\' he told me.')).toEqual(['\'She said "no" and left,\'']);
  });

  it('a title or a word held with tongs is none', () => {
    expect(speechIn('He called it “progress” and read “War and Peace” at night. “Well,” he said.')).toEqual(['“Well,”']);
  });

  it('an unclosed quotation goes on in the next paragraph, if that opens one', () => {
    const content = '“First part.\n\n“Second part,” he said.';
    const [first, second] = findSpeech(content, findParagraphs(content));
    expect(first).toMatchObject({ paragraph: 0, open: true });
    expect(second).toMatchObject({ paragraph: 1, open: false });
  });

  it('follows a dialogue dash up to the narrator', () => {
    expect(speechIn('— Sit down, he said. He shut the door.\n— Why? asked Ines.')).toEqual(['— Sit down,', '— Why?']);
    expect(speechIn('He took off his hat. — I am here, he said.\n— So I see.')).toEqual(['— I am here,', '— So I see.']);
  });

  it.each(["'tis ", "rock 'n' roll ", "the dogs' tails "])(
    'is looked for in linear time, however many apostrophes there are: %s',
    (phrase) => {
      const content = phrase.repeat(100_000 / phrase.length);
      const started = performance.now();
      findSpeech(content, findParagraphs(content));
      // 0.1 s; 20 s when each mark looks for its end through the whole text.
      expect(performance.now() - started).toBeLessThan(3_000);
    },
  );
});

describe('paragraphs', () => {
  it('a line is a paragraph', () => {
    expect(findParagraphs('One.\nTwo.\n\nThree.')).toHaveLength(3);
  });

  it('lines broken by hand at a fixed width are joined', () => {
    const content =
      'It was a long road that\nled over the hill and far\naway into a land that none\nof them had ever seen or\nheard of before.\n\nThey went on.';
    expect(findParagraphs(content)).toHaveLength(2);
  });
});
