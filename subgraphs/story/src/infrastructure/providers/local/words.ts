// Closed word lists of English fiction that the rules share. Lower case throughout.

const set = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter(Boolean));

export type Gender = 'f' | 'm';

/** Verbs that introduce direct speech, as they stand in stories (past and present). */
export const SPEECH_VERBS = set(`
  said says say asked asks ask replied replies reply answered answers answer cried cries cry shouted shouts whispered whispers murmured murmurs
  muttered mutters called calls exclaimed exclaims added adds continued continues repeated repeats began begins remarked remarks observed observes
  explained explains announced announces agreed agrees admitted admits demanded demands inquired inquires enquired enquires insisted insists
  interrupted interrupts laughed laughs sighed sighs sobbed sobs screamed screams yelled yells roared roars growled growls snapped snaps hissed
  hisses groaned groans grumbled grumbles mumbled mumbles stammered stammers stuttered stutters suggested suggests protested protests pleaded pleads
  begged begs promised promises warned warns wondered wonders thought thinks declared declares returned responded responds retorted retorts breathed
  breathes panted pants gasped gasps croaked croaks squeaked squeaks chirped chirps barked barks bellowed bellows wailed wails moaned moans whined
  whines purred purrs sang sings smiled smiles grinned grins commanded commands ordered orders urged urges pronounced pronounces stated states swore
  swears mused muses joked jokes teased teases lied confessed confesses boasted boasts concluded concludes corrected corrects countered counters
  objected objects persisted persists pursued read reads recited recites rejoined rejoins reminded reminds reported reports snarled snarls sniffed
  sniffs snorted snorts spat volunteered volunteers chuckled chuckles giggled giggles cooed coos crowed crows drawled drawls echoed echoes ejaculated
  faltered falters howled howls implored implores intoned intones jeered marvelled offered offers prompted prompts quipped quips rasped rasps reasoned
  reasons resumed resumes scoffed scoffs scolded scolds shrieked shrieks shrilled sneered sneers squealed squeals threatened threatens thundered
  thunders ventured ventures vowed vows whimpered whimpers wheezed wheezes yawned yawns yelped yelps coaxed coaxes cackled cackles hummed hums beamed
  beams guessed guesses hooted told tells grunted grunts shot blurted blurts burst bawled piped gulped conceded concedes confirmed confirms
  apologised apologized complained complains congratulated consoled counselled croaked gloated greeted hesitated lamented noted notes nodded nods
  proclaimed proposed queried quoted raged related soothed spluttered sputtered surmised taunted thanked twittered uttered yelped went finished
  finishes broke put spoke speaks trilled tutted addressed clucked cawed bleated neighed quacked mewed meowed bayed rumbled rumbles boomed booms shrugged winked
`);

/** Verbs that tell a person apart from a place or a thing when they follow a name. */
export const MIND_VERBS = set(`
  knew thought felt wanted smiled laughed nodded shrugged wept cried sighed frowned wondered remembered believed hoped feared loved hated looked
  stared glanced turned walked ran sat stood rose knelt bowed leaned held took gave put picked pulled pushed opened closed came went left stopped
  lifted raised shook waved pointed listened heard saw watched noticed swallowed drank ate slept woke died lived climbed jumped
`);

export const CIVIL_TITLES: ReadonlyMap<string, Gender> = new Map([
  ['mr', 'm'],
  ['mister', 'm'],
  ['mrs', 'f'],
  ['ms', 'f'],
  ['miss', 'f'],
  ['sir', 'm'],
  ['madam', 'f'],
  ['madame', 'f'],
  ['mme', 'f'],
  ['mlle', 'f'],
  ['mademoiselle', 'f'],
  ['monsieur', 'm'],
  ['herr', 'm'],
  ['frau', 'f'],
  ['signor', 'm'],
  ['signora', 'f'],
  ['señor', 'm'],
  ['señora', 'f'],
  ['lord', 'm'],
  ['lady', 'f'],
  ['dame', 'f'],
  ['master', 'm'],
]);

/** Titles that are also what a person is: "the Colonel" is Colonel Arbuthnot. Abbreviations are written out by `titleWord`. */
export const RANK_TITLES = set(`
  doctor professor captain colonel general major lieutenant sergeant corporal private admiral commander commodore inspector detective constable
  superintendent chief sheriff marshal deputy officer agent judge justice reverend pastor vicar father brother sister mother bishop archbishop
  cardinal pope abbot abbess rabbi imam deacon king queen prince princess emperor empress duke duchess count countess baron baroness earl marquis
  marquess viscount viscountess tsar czar sultan caliph president senator governor mayor minister chancellor ambassador councillor principal dean
  nurse coach aunt auntie uncle cousin grandmother grandfather grandma grandpa granny gran nana comrade saint master squire wizard chief
  headmaster headmistress skipper bosun ensign
`);

const TITLE_ABBREVIATIONS: Record<string, string> = {
  dr: 'doctor',
  prof: 'professor',
  capt: 'captain',
  col: 'colonel',
  gen: 'general',
  maj: 'major',
  lt: 'lieutenant',
  sgt: 'sergeant',
  rev: 'reverend',
  revd: 'reverend',
  st: 'saint',
  insp: 'inspector',
  gov: 'governor',
  sen: 'senator',
  pres: 'president',
};

export const ABBREVIATIONS = set(
  'mr mrs ms mme mlle dr prof capt col gen maj lt sgt rev revd st insp gov sen pres messrs mt jr sr no vs etc',
);

export function isTitle(word: string): boolean {
  const title = titleWord(word);
  return CIVIL_TITLES.has(title) || RANK_TITLES.has(title);
}

export function titleWord(word: string): string {
  return TITLE_ABBREVIATIONS[word] ?? word;
}

/** Titles that go before a first name: what follows is not a family's name. */
export const FIRST_NAME_TITLES = set(
  'aunt auntie uncle cousin sister brother king queen prince princess saint father mother sir dame nurse emperor empress master grandmother grandfather grandma grandpa granny gran nana pope',
);

const MALE_NOUNS = set(`
  man boy gentleman lad fellow chap guy bloke youth father dad daddy papa pa son brother uncle nephew grandfather grandpa grandad granddad grandson
  husband bridegroom groom widower king prince emperor duke count baron earl lord sir monk friar priest abbot wizard sorcerer warlock actor waiter
  steward hero god policeman fisherman fireman postman milkman salesman businessman nobleman huntsman woodsman boatman ferryman watchman craftsman
  headmaster schoolmaster landlord knight squire butler valet footman rooster cock bull stag ram stallion tomcat drake gander stepfather godfather
  stepson godson manservant son-in-law father-in-law brother-in-law boyfriend host shepherd blacksmith cowboy bachelor
`);

const FEMALE_NOUNS = set(`
  woman girl lady lass maiden maid mother mum mom mummy mommy mama mamma ma daughter sister aunt auntie niece grandmother grandma granny gran nana
  granddaughter wife bride widow queen princess empress duchess countess baroness dame nun abbess witch sorceress enchantress actress waitress
  stewardess heroine goddess governess mistress headmistress schoolmistress landlady housewife hostess seamstress hen cow mare doe vixen ewe lioness
  tigress goose stepmother godmother stepdaughter goddaughter manageress midwife nursemaid milkmaid mother-in-law daughter-in-law
  sister-in-law girlfriend mermaid shepherdess policewoman businesswoman noblewoman spokeswoman washerwoman fisherwoman chairwoman abbess
`);

/** Words that say only what anybody can see: "the man" points back at somebody already met. */
export const PLAIN_NOUNS = set(
  'man woman boy girl lady gentleman lad lass fellow chap guy bloke youth child kid person creature figure thing one beast animal maiden',
);

export const KIN_NOUNS = set(`
  mother father mum mom mummy mommy dad daddy mama mamma papa ma pa son daughter brother sister uncle aunt auntie nephew niece cousin grandmother
  grandfather grandma grandpa granny gran nana grandad granddad grandson granddaughter husband wife fiancé fiancée stepmother stepfather stepson
  stepdaughter godmother godfather twin mother-in-law father-in-law brother-in-law sister-in-law son-in-law daughter-in-law boyfriend girlfriend
`);

/** Kin and titles that, capitalised, are used as a name: "Mother came in". */
export const KIN_NAMES = set(
  'mother father mum mom mummy mommy dad daddy mama mamma papa ma pa grandmother grandfather grandma grandpa granny gran nana grandad granddad auntie aunt uncle nurse cook',
);

const PERSON_NOUNS = set(`
  accountant acrobat actor actress admiral adviser agent alchemist ambassador angel apprentice archer architect artist assassin assistant astronaut
  astronomer athlete aunt author baby bailiff baker ballerina bandit banker barber bard barista baron baroness bartender beekeeper beggar bellboy
  bishop blacksmith boatman bodyguard bookseller boss bowman bride brother builder burglar butcher butler captain caretaker carpenter carrier cashier
  caterer champion chancellor chaplain chauffeur chef chemist chief clerk clockmaker clown coachman cobbler colleague collector colonel commander
  companion conductor constable cook cooper coroner councillor count countess courier cousin cowboy critic customer dancer daughter deacon dealer
  demon dentist deputy designer detective devil director doctor doorman dragon dressmaker driver drummer duchess duke dwarf editor elder electrician
  elf emperor empress engineer enchantress executioner fairy falconer farmer father ferryman fiddler fireman fisherman flower-seller fool footman foreman
  forester fortune-teller friar friend gambler gamekeeper gardener general genie ghost giant girl glass-blower glassblower gnome goatherd goblin god
  goddess governess governor grandfather grandmother granddaughter grandson gravedigger grocer guard guardian guest guide gypsy hairdresser hangman
  harbour-mistress harbourmaster headmaster headmistress healer heir hermit hero heroine host hostess housekeeper hunter huntsman husband innkeeper
  inspector inventor jailer janitor jester jeweller journalist judge juggler keeper king knight laborer labourer lady lamplighter landlady landlord
  lawyer leader librarian lieutenant lifeguard locksmith lord machinist magician magistrate maid maidservant major manager manageress mariner
  mate matron mayor mechanic medic mercenary merchant mermaid messenger midwife milkmaid miller miner minister minstrel miser mistress monk monster
  mother musician neighbor neighbour nephew net-mender niece nobleman nomad novice nun nurse ogre officer oracle orphan outlaw owner page painter
  partner passenger pastor patient peasant pedlar peddler pharmacist philosopher photographer physician pianist pickpocket pilgrim pilot piper pirate
  player plumber poet policeman policewoman porter postman postmistress potter preacher president priest priestess prince princess principal prisoner
  private professor proprietor prophet publican pupil quarryman queen ranger receptionist recruit reporter rider robber robot ruler sailor saleswoman
  salesman scholar schoolmaster schoolmistress schoolboy schoolgirl scientist scout scribe sculptor seamstress secretary seller senator sergeant servant
  shaman shepherd shepherdess sheriff shoemaker shopkeeper singer sister skipper slave smith smuggler soldier son sorcerer sorceress spy squire steward
  stewardess storyteller student sultan supervisor surgeon tailor tanner teacher technician thief toymaker trader trainer translator traveller traveler troll
  tutor twin uncle undertaker usher valet vampire vendor vicar villager violinist waiter waitress warden warrior washerwoman watchman watchmaker weaver
  widow widower wife witch wizard woodcutter woodcarver woodsman worker wrestler writer youth zookeeper android captive cellist cleaner crone
  foreigner hag intruder organist professor psychiatrist counsellor counselor therapist paramedic operator dispatcher navigator commandant cadet
  corporal ensign helmsman bosun cabin-boy stepmother stepfather grandma grandpa mum mom dad lad lass barman barmaid shop-girl newsboy cabman cabby
  stationmaster signalman postmaster registrar juror attorney prosecutor counsel client witness suspect accomplice murderer killer assailant
  man woman boy girl gentleman fellow chap guy bloke child kid maiden stranger visitor newcomer
`);

export const ANIMAL_NOUNS = set(`
  fox wolf bear lion lioness tiger leopard panther elephant rhinoceros rhino hippopotamus hippo giraffe zebra monkey ape gorilla chimpanzee horse
  mare stallion pony donkey mule ass cow bull ox calf sheep ram ewe lamb goat kid pig sow boar piglet dog hound puppy cat kitten tomcat rat mouse
  dormouse vole mole shrew hamster rabbit hare squirrel chipmunk beaver otter badger weasel stoat ferret hedgehog porcupine skunk raccoon bat deer stag
  doe fawn moose elk reindeer camel llama kangaroo koala panda sloth seal walrus whale dolphin shark fish salmon trout carp pike eel octopus squid
  crab lobster shrimp snail slug worm frog toad newt lizard gecko chameleon crocodile alligator snake serpent viper cobra python tortoise turtle
  dinosaur dragon unicorn phoenix griffin gryphon bird crow raven rook magpie jackdaw jay sparrow robin wren finch lark nightingale thrush blackbird
  starling swallow swift pigeon dove owl hawk falcon eagle vulture kite gull seagull albatross pelican heron stork crane swan goose gander duck
  duckling drake hen rooster cock cockerel chicken chick turkey peacock peahen parrot cockatoo penguin ostrich flamingo woodpecker kingfisher cuckoo
  bee wasp ant beetle ladybird ladybug butterfly moth caterpillar spider fly mosquito cricket grasshopper dragonfly firefly cicada scorpion
  dodo hatter vixen cub jackal hyena lynx cougar coyote
`);

export const ROLE_NOUNS: ReadonlySet<string> = new Set([...PERSON_NOUNS, ...ANIMAL_NOUNS, ...KIN_NOUNS]);

/** Adjectives that tell two people of one noun apart. */
export const TELLING_ADJECTIVES = set(`
  old young elderly little small big tall short fat thin large huge tiny first second third fourth last other another youngest eldest oldest
  younger elder older blind lame deaf bald bearded black white red blue green grey gray brown golden silver yellow dark fair pale tattooed
  rich poor wicked good evil mad wise foolish lost hooded masked one-eyed red-haired grey-haired white-haired middle-aged newborn crippled
  fairy wild tame front back
`);

export const PLACE_WORDS = set(`
  street road lane avenue square place hotel inn tavern pub arms house hall manor cottage farm river lake mount mountain hill hills valley island
  islands isle isles sea ocean bay point cape castle church cathedral abbey chapel school college university academy company co inc ltd corporation bank
  yard station park garden gardens bridge court palace tower towers ness quay harbour harbor port wood woods forest marsh moor heath green common
  crescent terrace row market city town village county shire kingdom empire republic states desert beach gate gates hospital institute museum library
  theatre theater opera bureau ministry department office club society union league press times gazette herald post chronicle journal corner crossing
  end side heights falls springs canyon creek pass plains planet nebula sector base colony ship spaceship express railway airport north south east west
`);

export const NOT_PEOPLE = set(`
  monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december
  mondays tuesdays wednesdays thursdays fridays saturdays sundays
  spring summer autumn winter christmas easter halloween hanukkah ramadan lent michaelmas thanksgiving passover
  english british scottish welsh irish french german italian spanish portuguese dutch belgian swiss austrian danish swedish norwegian finnish polish
  russian ukrainian czech hungarian greek turkish arab arabic persian indian chinese japanese korean vietnamese thai african american canadian
  mexican brazilian australian european asian latin hebrew jewish christian muslim catholic protestant buddhist hindu roman victorian georgian
  edwardian gothic norman saxon viking celtic englishman frenchman german spaniard italian scot irishman welshman dutchman american englishmen
  american americans germans russians romans greeks turks arabs indians italians scots londoner englishwoman frenchwoman
  god lord jesus christ heaven hell bible allah devil providence fate nature death tv ok okay radio internet mr mrs ms miss sir madam ma'am madame
  majesty highness excellency honour honor lordship ladyship grace worship earth moon sun mars venus jupiter saturn mercury uranus neptune
  europe asia africa america australia antarctica oceania atlantic pacific arctic mediterranean baltic
  england britain scotland wales ireland france germany italy spain portugal holland netherlands belgium switzerland austria denmark sweden norway
  finland iceland poland russia ukraine hungary romania bulgaria serbia croatia bohemia prussia greece turkey egypt morocco algeria tunisia
  libya ethiopia kenya nigeria ghana israel palestine syria lebanon iraq iran persia afghanistan pakistan india nepal bangladesh burma thailand
  vietnam china japan korea taiwan philippines indonesia malaysia singapore mexico cuba jamaica haiti brazil argentina chile peru bolivia colombia
  venezuela canada usa uk texas california york jersey hampshire alaska hawaii nevada ohio utah oregon kansas boston chicago washington philadelphia
  london manchester liverpool birmingham leeds bristol brighton bath oxford cambridge edinburgh glasgow dublin belfast cardiff cornwall devon dorset
  kent essex sussex surrey yorkshire lancashire hertfordshire derbyshire paris lyon marseille berlin munich hamburg cologne frankfurt vienna salzburg
  linz prague budapest warsaw kraków krakow moscow petersburg kiev kyiv rome milan venice naples turin lisbon porto madrid barcelona seville geneva
  zurich zürich basel bern amsterdam rotterdam brussels antwerp copenhagen oslo bergen stockholm helsinki athens istanbul constantinople cairo
  alexandria jerusalem baghdad damascus tehran delhi bombay mumbai calcutta karachi beijing peking shanghai tokyo kyoto osaka seoul hanoi bangkok
  hollywood manhattan brooklyn harlem broadway houston dallas denver seattle vancouver toronto montreal quebec
  thames seine rhine danube nile amazon mississippi tiber alps andes himalayas
  bechstein steinway google facebook instagram twitter uber nasa fbi cia bbc cnn wifi harrods
`);

/** Places that are given names too: the text decides. */
export const AMBIGUOUS_PLACES = set(
  'florence charlotte sydney georgia virginia jordan chelsea paris austin dallas houston kent devon brooklyn india asia israel milan chester lincoln washington victoria adelaide savannah madison carolina francis chad troy august april june may',
);

/** Words that open sentences with a capital and are no names, beyond what the language model's tags tell. */
export const OPENERS = set(`
  a an the this that these those my your his her its our their some any no every each either neither both all many much few several most more less
  i you he she it we they me him us them who whom whose which what when where why how whether if unless until till while because since although
  though so thus hence therefore however moreover nevertheless meanwhile otherwise instead besides anyway perhaps maybe possibly probably certainly surely
  and but or nor yet for as than then there here now today tomorrow yesterday tonight soon later once twice again never ever always often sometimes
  usually already still just only even also too very quite rather almost nearly hardly scarcely barely suddenly slowly quickly quietly softly
  gently finally eventually presently immediately instantly carefully silently sadly happily luckily fortunately unfortunately
  yes no oh ah ha aha hey hi hello goodbye bye please thanks thank sorry well okay ok alas hush ssh shh ugh wow hmm mm um er eh huh hurrah hooray bravo
  nobody somebody everybody anybody someone everyone anyone nothing something everything anything none one two three four five six seven eight nine
  ten eleven twelve twenty thirty forty fifty sixty hundred thousand first second third next last another other others such same half
  in on at by from to into onto of off out over under up down with without within about above across after against along among around before behind
  below beneath beside between beyond despite during except inside like near outside past round through throughout toward towards underneath upon
  do does did don't didn't doesn't is are was were am be been being have has had can could will would shall should may might must let let's
  go come look listen wait stop stand sit stay run take give get put tell say see hear think know believe try help leave keep hold open close
  good bad great dear poor old young little sweet lovely nice fine right left true false sure indeed exactly absolutely welcome congratulations
  chapter part book prologue epilogue scene act section volume end morning evening night noon midnight dawn dusk day week month year time
  course god heavens goodness gracious damn hell christ nonsense rubbish silence patience courage fire murder help
  mine yours hers ours theirs it's that's there's what's who's where's how's i'm i'll i've i'd you're you'll you've he's she's we're we'll they're
  can't won't couldn't wouldn't shouldn't isn't aren't wasn't weren't haven't hasn't hadn't
  bah humbug pooh tush fie bother blow drat darn dammit phew whoa yikes ouch oops gosh golly jeez crikey blimey tut shush psst hist lo ho yo yeah yep
  nope nah uh oy oi pfft hmph humph ahem aye nay amen cheers look alright farewell hullo hallo halloo greetings morning evening
  'tis tis 'twas twas somewhere anywhere everywhere nowhere somehow anyhow whatever whoever wherever whenever neither nor merely simply
`);

export const PARTICLES = set('de del della der den di da dos das du van von ter ten la le los bin ibn al el ben mac ap of');

const FEMALE_NAMES = set(`
  abigail ada adelaide agatha agnes aisha alexandra alice alicia alison alma amanda amara amelia amina amy ana andrea angela anita ann anna anne annie
  anya astrid audrey aurora ava barbara beatrice beatrix becky bella bertha bess beth betty bianca bonnie brenda bridget camilla carla carmen carol
  caroline catherine cecilia celia charlotte chloe christina christine claire clara clarissa claudia cora cordelia cynthia daisy dana daphne deborah
  delia diana dinah dolores dora dorothy edith edna eileen elaine eleanor elena elinor elisabeth eliza elizabeth ella ellen elsa elsie emily emma
  erika estella esther ethel eva eve evelyn faith fatima felicity fiona flora florence frances freya gabriela gemma genevieve georgia georgina
  gertrude gina ginny gladys gloria grace greta gwen hannah harriet hazel heather heidi helen helena henrietta hermione hester hilda hope ida imogen ines
  inês inés ingrid irene iris isabel isabella isla isobel ivy jacqueline jane janet janice jasmine jean jenna jennifer jenny jessica jill joan joanna
  josephine joy joyce judith judy julia juliana julie juliet june karen kate katherine kathleen katie kitty lara laura lavinia leah leila lena leonora
  leslie lila lillian lily linda lisa lizzie lizzy lola lorna louisa louise lucia lucinda lucy lydia mabel maddy madeleine maeve maggie mara marcia
  margaret margot marguerite maria mariam marian marianne marie marina marion marjorie martha mary matilda maud maude maureen mavis maya megan melanie
  melissa mercy mia michelle mildred millie mina minerva miranda miriam moira molly mona monica muriel myra myrtle nadia nancy naomi natalie natasha nell
  nellie nia nina nora norah octavia olga olive olivia ophelia pamela pandora patricia paula pauline peggy penelope penny petra petunia philippa phoebe
  phyllis pippa polly portia priscilla priya prudence rachel rebecca rhoda rita roberta rosa rosalind rose rosemary rosie rowena roxanne ruby ruth
  sabrina sadie sally samantha sandra sara sarah scarlett selina shirley sibyl sienna sigrid silvia sonia sophia sophie stella stephanie susan susanna
  susannah sybil sylvia tabitha tamara tamsin tara tatiana teresa tess tessa thea theodora theresa tilda tina tracy trudy una ursula valentina valerie
  vanessa vera verity veronica victoria viola violet virginia vivian wanda wendy wilhelmina willa winifred winnie yasmin yolanda yvonne zara zelda zoe zoë
`);

const MALE_NAMES = set(`
  aaron abdul abel abraham adam adrian ahmed alan albert alec alex alexander alfie alfred ali alistair allan ambrose amos andre andrew andy angus ansel
  anselm anthony anton antonio archibald archie arnold arthur asher august augustus austin baltasar barnaby barney barry bartholomew basil ben benedict
  benjamin bernard bert bertie bill billy bob bobby boris brad bram brian bruce bruno byron caleb calvin carl carlos cecil cedric charles charlie
  christian christopher clarence claude clement clifford clive colin connor conrad craig cuthbert cyril damian daniel danny darcy darren dave david
  dean dennis derek desmond dexter diego dirk dmitri dominic donald douglas dudley duncan dylan eamon ebenezer eddie edgar edmund eduardo edward
  edwin eli elias elijah elliot ellis emil emile emmanuel enoch enrique eric ernest ethan eugene evan ewan ezra felix ferdinand fergus finn fitzwilliam
  florian francis francisco frank frankie franz fred freddie frederick fritz gabriel gareth gary gavin geoffrey george gerald gerard gideon gilbert giles
  giovanni glen gordon graham grant greg gregor gregory guido gunnar gus gustav guy hamish hank hans harold harry harvey hector henri henrik henrique
  henry herbert herman hiram homer horace howard hubert hugh hugo humphrey ian ibrahim ignatius igor isaac ivan ivor jack jacob jacques jake jamal james
  jamie jan jared jason jasper javier jeff jefferson jeremiah jeremy jerome jerry jesse jim jimmy joe joel joey john johnny jon jonah jonas jonathan
  jorge jose josé joseph josh joshua juan jude julian julio julius juri justin karl keith kenneth kevin kit klaus kurt lars laurence laurie lawrence leo
  leon leonard leonardo leopold leroy lewis liam lionel lloyd logan lorenzo louis luca lucas lucian luis luka łukasz luke luther magnus malcolm marcel
  marco marcus mario mark martin marvin mason mateo matthew matthias maurice max maximilian melvin michael miguel mike miles milo mitchell mohammed
  montgomery mordecai morris mortimer moses muhammad mycroft nathan nathaniel ned neil nelson neville nicholas nick nicolas nigel noah noel norman oleg
  oliver olivier omar orlando oscar osman oswald otis otto owen pablo patrick paul pavel pedro percival percy perry pete peter phil philip phineas pierre
  quentin quincy rafael rajesh ralph ramon randolph raoul raphael rashid ravi raymond reginald rene reuben rex richard rick robert robin roderick rodney
  roger roland rolf roman romeo ron ronald rory ross roy rudolf rufus rupert russell ryan salvador sam samir samson samuel santiago saul scott sean
  sebastian septimus sergei seth seamus shaun sherlock sidney siegfried silas simon solomon søren spencer stanley stefan stephen steve steven stewart
  stuart sven tam tariq ted terence terry theo theodore thomas thorin tim timothy tobias toby todd tom tomas tommy tony travis trevor tristan ulrich
  ulysses uriah valentine vernon victor viktor vincent vladimir wallace walter warren watson wayne wesley wilbur wilfred will willem william willie wolfgang
  xavier yusuf zachary zack
`);

export function genderOfName(name: string): Gender | null {
  const lower = name.toLowerCase();
  if (FEMALE_NAMES.has(lower)) return 'f';
  return MALE_NAMES.has(lower) ? 'm' : null;
}

export const isGivenName = (name: string): boolean => genderOfName(name) !== null;

export function genderOfNoun(noun: string): Gender | null {
  if (FEMALE_NOUNS.has(noun)) return 'f';
  return MALE_NOUNS.has(noun) ? 'm' : null;
}

const NICKNAMES: [string, string][] = `
  abby:abigail alex:alexander alex:alexandra andy:andrew bess:elizabeth beth:elizabeth betty:elizabeth bert:albert bill:william billy:william
  bob:robert bobby:robert charlie:charles chuck:charles dan:daniel danny:daniel dick:richard dot:dorothy drew:andrew ed:edward eddie:edward
  eliza:elizabeth fred:frederick freddie:frederick gus:augustus hal:henry hank:henry harry:henry harry:harold jack:john jake:jacob jenny:jennifer
  jerry:gerald jim:james jimmy:james joe:joseph joey:joseph johnny:john kate:katherine kate:catherine kathy:katherine katie:katherine kitty:catherine
  larry:lawrence lizzie:elizabeth lizzy:elizabeth liz:elizabeth maggie:margaret meg:margaret mike:michael millie:mildred molly:mary nate:nathaniel ned:edward
  nell:eleanor nell:ellen nick:nicholas nora:eleanor pat:patrick pat:patricia peg:margaret peggy:margaret pete:peter polly:mary rick:richard rob:robert
  ron:ronald sally:sarah sam:samuel sam:samantha steve:stephen steve:steven sue:susan susie:susan ted:edward ted:theodore terry:terence tess:theresa
  tilly:matilda tim:timothy toby:tobias tom:thomas tommy:thomas tony:anthony vicky:victoria wendy:gwendolen will:william willie:william zach:zachary
  winnie:winifred becky:rebecca cathy:catherine cassie:cassandra fanny:frances frank:francis ginny:virginia josh:joshua matt:matthew max:maximilian
  mick:michael penny:penelope phil:philip pip:philip sandy:alexander tina:christina trish:patricia
`
  .split(/\s+/)
  .filter(Boolean)
  .map((pair) => pair.split(':') as [string, string]);

const RELATED = new Map<string, string[]>();
for (const [nick, full] of NICKNAMES) {
  RELATED.set(nick, [...(RELATED.get(nick) ?? []), full]);
  RELATED.set(full, [...(RELATED.get(full) ?? []), nick]);
}

/** The short forms of a given name, and what it is a short form of. */
export const relatedNames = (name: string): string[] => RELATED.get(name) ?? [];

const KIN_FORMS: Record<string, string> = {
  mum: 'mother',
  mom: 'mother',
  mummy: 'mother',
  mommy: 'mother',
  mama: 'mother',
  mamma: 'mother',
  ma: 'mother',
  dad: 'father',
  daddy: 'father',
  papa: 'father',
  pa: 'father',
  auntie: 'aunt',
  grandma: 'grandmother',
  granny: 'grandmother',
  gran: 'grandmother',
  nana: 'grandmother',
  grandpa: 'grandfather',
  granddad: 'grandfather',
  grandad: 'grandfather',
};

/** What a child's word for a relative means: "Dad" is the father. */
export const kinNoun = (noun: string): string => KIN_FORMS[noun] ?? noun;

/** Is the one a usual short form of the other? */
export function isNickname(short: string, long: string): boolean {
  return NICKNAMES.some(([nick, full]) => nick === short && full === long);
}
