import { describe, expect, it } from '@jest/globals';
import { analyseEnglish } from './analyse-english.js';

const namesIn = (content: string) =>
  analyseEnglish(content)
    .characters.map(({ name }) => name)
    .sort();
const speakersIn = (content: string) =>
  analyseEnglish(content)
    .segments.filter(({ text }) => /^\s*["“‘—]/u.test(text))
    .map(({ speaker }) => speaker);

describe('who takes part', () => {
  it('forms of one name are one person', () => {
    const { characters } = analyseEnglish('Mr. Sherlock Holmes rose. “Come,” said Holmes. Sherlock laughed, and HOLMES ran.');
    expect(characters).toHaveLength(1);
    expect(characters[0]).toMatchObject({ name: 'Sherlock Holmes', aliases: expect.arrayContaining(['Holmes', 'Sherlock']) });
  });

  it('two people of one given name, or one surname, stay two', () => {
    expect(namesIn('Anna Berg wept. Anna Stone laughed. Anna sat down.')).toEqual(['Anna Berg', 'Anna Stone']);
    expect(namesIn('“No,” said Mr. Bennet. “Yes,” said Mrs. Bennet.')).toEqual(['Mr. Bennet', 'Mrs. Bennet']);
  });

  it('places, days, months, nations and organisations are nobody', () => {
    expect(
      namesIn(
        'In Paris, on a Monday in May, the French police met Ada near Baker Street. Ada smiled. She worked for Brightwell & Partners.',
      ),
    ).toEqual(['Ada']);
  });

  it('a capital that opens a sentence makes no name', () => {
    expect(
      namesIn('Suddenly Tom ran. Nobody spoke. Torches burned. Fog lay on the sea. Water dripped. Beside Tom stood a lamp. Tom laughed.'),
    ).toEqual(['Tom']);
  });

  it('somebody without a name goes by a role, and gets the name that the text gives', () => {
    expect(namesIn('“Hello,” said the fox. “My name is Ember.” The fox ran.')).toEqual(['Ember']);
    expect(namesIn('The driver, a patient man named Emil, opened the door. “Two hours,” said the driver.')).toEqual(['Emil']);
    expect(namesIn('Mrs. Pomfrey, the manageress, met them. “Oh,” said the manageress.')).toEqual(['Mrs. Pomfrey']);
    expect(namesIn('“What is your name?” Ada asked the maid.\n\n“Pell,” said the maid.')).toEqual(['Ada', 'Pell']);
  });

  it('an old woman and a young woman are two, a fox and the fox one', () => {
    expect(namesIn('“Yes,” said the old woman. “No,” said the young woman. A fox came. “Hm,” said the fox.')).toEqual([
      'The fox',
      'The old woman',
      'The young woman',
    ]);
  });

  it('the narrator who speaks is a character, by name if the text has one', () => {
    expect(namesIn('I sat down. I was tired. I looked at Ada. “Well,” I said. “Well,” said Ada.')).toEqual(['Ada', 'Narrator']);
    expect(
      namesIn('I sat down. I was tired. I waited. “My dear Watson,” said Holmes. “Watson, look!” said Holmes. “Where?” I asked.'),
    ).toEqual(['Holmes', 'Watson']);
    expect(namesIn('I sat down. I was tired. I looked at Ada. “Well,” said Ada.')).toEqual(['Ada']);
  });

  it('what somebody is like is told in the words of the text', () => {
    const [ada] = analyseEnglish('Ada was tall and patient. “Well,” said Ada.').characters;
    expect(ada).toMatchObject({
      traits: ['tall', 'patient'],
      personality: 'patient',
      description: 'Ada was tall and patient.',
      role: 'protagonist',
    });
  });
});

describe('who speaks', () => {
  it('a tag before, behind or within a quotation names the speaker', () => {
    expect(speakersIn('“One,” said Ada. Bob turned and said, “Two.” “Three,” Cora whispered, “and four.”')).toEqual([
      'Ada',
      'Bob',
      'Cora',
      'Cora',
    ]);
  });

  it('a pronoun means the other of two, and fits their gender', () => {
    expect(speakersIn('“One,” said Ada to Tom.\n\n“Two,” he said.\n\n“Three,” she said.')).toEqual(['Ada', 'Tom', 'Ada']);
  });

  it('lines without a tag take turns', () => {
    expect(speakersIn('“One,” said Ada.\n\n“Two,” said Bob.\n\n“Three.”\n\n“Four.”')).toEqual(['Ada', 'Bob', 'Ada', 'Bob']);
  });

  it('who is addressed does not speak, and answers', () => {
    expect(
      speakersIn('Ada, Bob and Cora sat down. Bob smiled. Cora smiled.\n\n“One,” said Ada.\n\n“Two, Cora,” said Bob.\n\n“Three.”'),
    ).toEqual(['Ada', 'Bob', 'Cora']);
  });

  it('an unclosed quotation goes on with its speaker', () => {
    expect(speakersIn('Ada said, “One.\n\n“Two.”')).toEqual(['Ada', 'Ada']);
  });
});

describe('what is felt', () => {
  const feelings = (content: string) => analyseEnglish(content).emotions.map(({ emotion, intensity }) => `${emotion} ${intensity}`);

  it('a negated word does not count, a strengthened one counts for more', () => {
    expect(feelings('He was not afraid.')).toEqual([]);
    expect(feelings('He was afraid.')).toEqual(['fear 6']);
    expect(feelings('He was terribly afraid.')).toEqual(['fear 8']);
    expect(feelings('He was a little afraid.')).toEqual(['fear 4']);
  });

  it('a part of a word is not the word', () => {
    expect(feelings('The yellow hatter carted a fearless crossbow.')).toEqual([]);
  });

  it('people named Joy and manners of speaking are no feelings', () => {
    expect(feelings('Then Joy came in. “She is out, I’m afraid.” “Stop!” cried Joy.')).toEqual([]);
  });

  it('a tag tells how its quotation is spoken', () => {
    const { emotions, segments } = analyseEnglish('“Go away,” sobbed Ada.');
    expect(emotions).toEqual([{ emotion: 'sadness', intensity: 7, context: 'Said by Ada', quote: '“Go away,”', segmentIndex: 0 }]);
    expect(segments[0]).toMatchObject({ speaker: 'Ada', emotion: 'sadness' });
  });
});
