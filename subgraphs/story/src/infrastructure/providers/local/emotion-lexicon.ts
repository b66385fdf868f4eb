// Our own list of words that show a feeling, with how strong it is (1–10). Written for this project: the known lists are not free.
// Words are listed by their base and inflected here, so that only whole words match: "yellow" is not "yell".

import type { EmotionName } from '../../../domain/analysis-provider.js';

interface Entry {
  emotion: EmotionName;
  strength: number;
}

/** `v` verbs, `a` adjectives, `n` nouns, `=` exactly as written. */
const LEXICON: Partial<Record<EmotionName, Record<string, string>>> = {
  joy: {
    '4=': 'smile smiles smiled smiling grin grins grinned grinning content contented pleasant pleasantly',
    '5v': 'laugh chuckle giggle enjoy beam cheer amuse please twinkle',
    '5a': 'glad happy merry cheerful jolly pleased playful bright-eyed lighthearted sunny',
    '5n': 'laughter smile fun pleasure giggle chuckle cheer merriment',
    '6v': 'delight rejoice celebrate gladden sparkle',
    '6=': 'delighted delightful delightedly sang danced dancing gleeful gleefully glee',
    '7a': 'joyful joyous radiant exhilarated thrilled blissful',
    '7n': 'joy delight happiness bliss celebration triumph',
    '8a': 'overjoyed ecstatic elated jubilant euphoric',
    '9n': 'ecstasy rapture euphoria elation jubilation',
  },
  sadness: {
    '4v': 'sigh droop mope regret',
    '4a': 'sad gloomy lonely wistful glum forlorn weary downcast sombre somber bleak melancholy',
    '4n': 'funeral regret loneliness melancholy gloom sadness',
    '5v': 'mourn lament pine sniffle disappoint',
    '5=': 'homesick homesickness disappointed disappointment disappointing tearful tearfully teary',
    '6v': 'cry weep ache',
    '6=': 'wept tear tears crying cried lonesome friendless',
    '6a': 'unhappy sorrowful mournful miserable dejected desolate heavy-hearted tragic',
    '7v': 'sob wail grieve despair',
    '7n': 'sorrow grief misery sob heartache mourning tragedy',
    '8a': 'heartbroken inconsolable devastated hopeless bereft brokenhearted grief-stricken',
    '8n': 'despair anguish heartbreak desolation hopelessness',
    '9n': 'agony torment',
  },
  fear: {
    '4v': 'worry fret hesitate flinch',
    '4a': 'nervous anxious uneasy wary timid worried worrisome apprehensive jumpy skittish',
    '4n': 'worry unease anxiety nerves apprehension misgiving',
    '5v': 'tremble shiver shudder cower quake quail cringe quiver shrink recoil',
    '5=': 'shrank shrunk trembling shaking dreaded dreading unnerved',
    '6v': 'fear frighten alarm dread startle scare threaten',
    '6a': 'afraid scared fearful frightened alarmed scary frightening menacing ominous eerie sinister',
    '6n': 'fear fright alarm dread danger threat',
    '7v': 'panic',
    '7=': 'panicked panicking panicky panic-stricken spooked',
    '8a': 'terrified petrified horrified terrifying horrifying dreadful',
    '8v': 'terrify petrify horrify',
    '8n': 'terror horror nightmare panic',
    '7n': 'scream',
    '7= ': 'screamed screaming screams',
  },
  anger: {
    '4v': 'annoy irritate bother grumble scowl glare frown bristle',
    '4a': 'annoyed grumpy irritable impatient irritated sullen resentful indignant sulky peevish surly testy',
    '4n': 'annoyance irritation impatience resentment indignation scowl frown grudge glare',
    '5v': 'roar snap snarl growl scold sneer quarrel resent grit',
    '5=': 'quarrelled quarreled bitter bitterly',
    '6v': 'anger enrage provoke curse yell',
    '6=': 'swore cursed clenched stormed slammed snarling',
    '6a': 'angry hostile mad wrathful outraged incensed irate',
    '7a': 'furious enraged infuriated raging savage vicious',
    '7n': 'anger wrath temper hostility',
    '7v': 'rage fume seethe hate despise',
    '8n': 'fury rage hatred vengeance revenge outrage',
    '8=': 'livid hateful murderous murderously hated hates',
  },
  surprise: {
    '3=': 'sudden suddenly',
    '4v': 'wonder gape gawk',
    '4a': 'puzzled curious unexpected strange peculiar odd bewildered',
    '4n': 'wonder curiosity puzzlement',
    '5v': 'surprise gasp startle',
    '5=': 'surprised surprising surprisingly unbelievable incredible speechless dumbfounded',
    '5n': 'surprise gasp disbelief',
    '6v': 'astonish amaze shock stun dumbfound',
    '6=': 'astonished amazed shocked stunned thunderstruck startled flabbergasted incredulous incredulously',
    '7n': 'astonishment amazement shock miracle marvel',
    '7=': 'astounded astounding astonishing amazing staggered shocking shockingly',
  },
  disgust: {
    '4v': 'grimace wrinkle dislike',
    '4a': 'nasty unpleasant filthy grimy slimy smelly stale greasy',
    '5a': 'disgusted foul rotten putrid rancid vile ghastly hideous grotesque squalid gruesome',
    '5n': 'stench stink filth slime vermin dislike distaste',
    '5v': 'stink reek gag',
    '5=': 'stank stunk retched retching nauseous nauseated queasy queasily',
    '6v': 'disgust sicken repel revolt loathe detest vomit',
    '6=': 'disgusting disgustingly sickening repulsive revolting loathsome repellent abominable',
    '6n': 'disgust revulsion loathing contempt nausea scorn',
  },
  love: {
    '4a': 'fond tender gentle affectionate warm-hearted caring loving',
    '4v': 'like care hug cuddle stroke caress nestle',
    '4=': 'fondly tenderly lovingly cared gently kindness',
    '5v': 'kiss embrace admire cherish comfort',
    '5n': 'affection fondness tenderness hug kiss embrace sweetheart darling beloved devotion',
    '5=': 'hugged hugging hugs',
    '6v': 'love adore treasure',
    '6a': 'devoted beloved smitten lovesick',
    '7n': 'love adoration passion',
    '7a': 'passionate adoring',
  },
  hope: {
    '4v': 'wish dream hope expect await encourage',
    '4=': 'longing longed yearn yearned yearning longs',
    '4n': 'wish dream chance promise prospect encouragement',
    '5a': 'hopeful eager optimistic promising encouraged expectant confident keen',
    '5n': 'hope optimism faith anticipation eagerness confidence',
    '6v': 'inspire pray',
    '6n': 'prayer salvation inspiration rescue',
    '6=': 'pray prays saved rescued',
  },
  pride: {
    '4a': 'smug haughty boastful vain confident dignified conceited',
    '5v': 'boast brag swagger strut preen gloat',
    '5=': 'boasted bragged bragging strutted preened proudly proud prouder proudest',
    '6n': 'pride glory honour honor triumph victory dignity boast',
    '6a': 'triumphant victorious glorious',
    '5a': 'arrogant',
  },
  shame: {
    '4v': 'blush apologise apologize squirm',
    '4a': 'embarrassed sheepish awkward sorry shy bashful',
    '4n': 'embarrassment apology blush blunder',
    '5=': 'blushed blushing reddened flustered embarrassing mortifying remorseful remorse',
    '5n': 'guilt remorse conscience',
    '6a': 'ashamed guilty shamefaced humiliated mortified disgraced contrite',
    '6v': 'shame humiliate disgrace',
    '7n': 'shame disgrace humiliation dishonour dishonor',
    '7=': 'shameful shamefully humiliating',
  },
  calm: {
    '3a': 'calm quiet still gentle peaceful serene tranquil placid',
    '3=': 'calmly peacefully serenely soothing soothed soothe soothes unhurried restful snug cosy cozy cosily',
    '4v': 'relax calm rest',
    '4n': 'peace calm serenity tranquility tranquillity stillness relief comfort',
    '4=': 'relaxed relieved relief comfortable comfortably comforted',
  },
};

/** Words whose plain sense shows no feeling: found in the lists' inflections, taken out again. */
const TAKEN_OUT = new Set(
  'still alarm alarms please stillness quiets dears likes like liked liking dearest rests rested resting wonders barks barked barking kinds kindest quietest missing wrinkles wrinkled wrinkling strokes stroking expects expected expecting expect chances promises barely mads'.split(
    ' ',
  ),
);

const INTENSIFIERS = new Map([
  ['very', 1],
  ['so', 1],
  ['too', 1],
  ['really', 1],
  ['quite', 0],
  ['deeply', 2],
  ['terribly', 2],
  ['utterly', 2],
  ['completely', 2],
  ['absolutely', 2],
  ['extremely', 2],
  ['wildly', 2],
  ['bitterly', 2],
  ['dreadfully', 2],
  ['desperately', 2],
  ['awfully', 2],
  ['such', 1],
  ['more', 1],
  ['most', 1],
  ['incredibly', 2],
  ['perfectly', 1],
  ['wonderfully', 2],
  ['slightly', -2],
  ['little', -2],
  ['somewhat', -1],
  ['rather', -1],
  ['fairly', -1],
  ['faintly', -2],
  ['vaguely', -2],
  ['almost', -1],
  ['half', -1],
  ['mildly', -2],
]);

const NEGATIONS = new Set([
  'not',
  "n't",
  'never',
  'no',
  'without',
  'hardly',
  'scarcely',
  'neither',
  'nor',
  'nobody',
  'nothing',
  'none',
  'cannot',
  'stopped',
  'unable',
  'less',
]);

function inflect(base: string, kind: string): string[] {
  if (kind === '=') return [base];
  const e = base.endsWith('e');
  const y = /[^aeiou]y$/u.test(base);
  const stem = e ? base.slice(0, -1) : base;
  const plural = y ? `${base.slice(0, -1)}ies` : /(?:s|x|z|ch|sh)$/u.test(base) ? `${base}es` : `${base}s`;
  if (kind === 'n') return [base, plural];
  if (kind === 'v') {
    const doubled = /^[^aeiou]*[aeiou][bdgmnprt]$/u.test(base) ? base + base.at(-1) : base;
    const past = e ? `${base}d` : y ? `${base.slice(0, -1)}ied` : `${doubled}ed`;
    return [base, plural, past, `${e ? stem : doubled}ing`];
  }
  const adverb = y ? `${base.slice(0, -1)}ily` : /[^aeiou]le$/u.test(base) ? `${stem}y` : /ic$/u.test(base) ? `${base}ally` : `${base}ly`;
  const forms = [base, adverb, `${y ? `${base.slice(0, -1)}i` : base}ness`];
  if (base.length <= 6 && !base.includes('-') && !/(?:ed|ful|ous)$/u.test(base)) {
    const comparative = y ? `${base.slice(0, -1)}i` : /^[^aeiou]*[aeiou][bdgmnpt]$/u.test(base) ? base + base.at(-1) : stem;
    forms.push(`${comparative}er`, `${comparative}est`);
  }
  return forms;
}

function build(): ReadonlyMap<string, Entry> {
  const words = new Map<string, Entry>();
  for (const [emotion, lists] of Object.entries(LEXICON) as [EmotionName, Record<string, string>][]) {
    for (const [heading, list] of Object.entries(lists)) {
      const strength = Number.parseInt(heading, 10);
      for (const base of list.split(/\s+/u)) {
        for (const form of inflect(base, heading[1] as string)) {
          const known = words.get(form);
          if (!TAKEN_OUT.has(form) && (!known || known.emotion === emotion))
            words.set(form, { emotion, strength: Math.max(strength, known?.strength ?? 0) });
        }
      }
    }
  }
  return words;
}

const WORDS = build();

export const emotionOf = (lower: string): Entry | undefined => WORDS.get(lower);
export const intensifierOf = (lower: string): number | undefined => INTENSIFIERS.get(lower);
export const isNegation = (lower: string): boolean => NEGATIONS.has(lower) || lower.endsWith("n't");
/** For a test of its size. */
export const lexiconSize = (): { forms: number; stems: number } => ({
  forms: WORDS.size,
  stems: new Set(Object.values(LEXICON).flatMap((lists) => Object.values(lists).flatMap((list) => list.split(/\s+/u)))).size,
});
