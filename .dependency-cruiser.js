// Who may import whom. Every rule is a sentence, and its comment says why; tools/architecture/fixtures/imports/ is a small house that breaks
// each of them once, and tools/architecture/architecture.spec.ts expects precisely that rule to fire.
//
// $1 in a `to` is the context that the `from` captured. A rule names source folders, because packages resolve to their sources here
// (tsconfig.check.json), and npm packages by `npm(…)`, which matches them installed or not: a rule must not fall silent with an import
// that fails to resolve.

const npm = (...names) => `(^|/node_modules/|^node_modules/)(${names.join('|')})($|/)`;
const tests = '(\\.spec\\.ts$|\\.contract\\.ts$|/tests/|/testing/|^e2e/)';
const contexts = '^subgraphs/([^/]+)/src/';
const room = (name) => ({ path: `${contexts}${name}/`, pathNot: tests });
const typeOnly = ['type-only'];

/** @type {Array<{name: string, comment: string, from: object, to: object}>} */
const rules = [
  // The ground plan
  {
    name: 'contexts never import each other',
    comment:
      'They meet in the graph (entity keys) and in shared/domain-events. One import, and two teams, two databases and two deployments are one.',
    from: { path: '^subgraphs/([^/]+)/' },
    to: { path: '^subgraphs/', pathNot: '^subgraphs/$1/' },
  },
  {
    name: 'the gateway imports no subgraph',
    comment: 'It knows them by their schemas and addresses alone, so that a context can be added, moved or down without touching it.',
    from: { path: '^gateway/' },
    to: { path: '^subgraphs/' },
  },
  {
    name: 'shared knows nobody who uses it',
    comment: 'What every context stands on must not lean on one of them. Its tests get a real broker from tools/.',
    from: { path: '^shared/', pathNot: '^shared/tests/' },
    to: { path: '^(subgraphs|gateway|platform|e2e|benchmarks|tools)/' },
  },
  {
    name: 'nobody builds on the platform',
    comment: 'It wires the fleet on one machine; a service that imports it could no longer run alone. Tests and benchmarks start it.',
    from: { path: '^(subgraphs|gateway)/', pathNot: tests },
    to: { path: '^(platform|e2e|benchmarks|tools)/' },
  },
  {
    name: 'the Apollo planner stays in the gateway',
    comment: 'These packages are under the Elastic License and heavy: a context needs @apollo/subgraph (MIT) and nothing of them.',
    from: { pathNot: ['^gateway/', '^tools/', '^benchmarks/', 'node_modules'] },
    to: { path: npm('@apollo/(gateway|query-planner|query-graphs|federation-internals|composition)') },
  },
  {
    name: 'kafkajs stays in its adapter',
    comment:
      'The transport is replaceable as long as no type of the client library is known outside of the files that speak it, their tests, and the benchmark that measures what it can do alone.',
    from: { pathNot: ['^shared/(src/infrastructure|tests)/kafka[^/]*\\.ts$', '^benchmarks/backbone/bare-kafkajs\\.mjs$', 'node_modules'] },
    to: { path: npm('kafkajs') },
  },

  // shared: value-objects ← domain-events ← infrastructure
  {
    name: 'value objects import only each other',
    comment:
      'They are rules about values, usable in every room of every context: no library, no I/O. sha256.ts has its hash function from node:crypto.',
    from: { path: '^shared/src/value-objects/', pathNot: [tests, '/sha256\\.ts$'] },
    to: { pathNot: '^shared/src/value-objects/' },
  },
  {
    name: 'domain events import value objects and zod',
    comment: 'The published language is data with schemas; whoever reads it must not have to load a database driver.',
    from: { path: '^shared/src/domain-events/', pathNot: tests },
    to: { pathNot: ['^shared/src/(domain-events|value-objects)/', npm('zod')] },
  },
  {
    name: 'the backbone knows no GraphQL',
    comment:
      'Streams, jobs and the relay work the same for a reaction and a script. Only the servers of shared/infrastructure speak GraphQL: they answer in its errors and check who is asking.',
    from: {
      path: '^shared/src/infrastructure/',
      pathNot: [tests, '/(http-server|subgraph-server|graphql-socket|gateway-token)\\.ts$'],
    },
    to: { path: ['^shared/src/graphql/', npm('graphql', 'type-graphql', 'graphql-ws', '@apollo/[^/]+')] },
  },

  // The rooms of a context
  {
    name: 'the domain is pure',
    comment:
      'It imports itself, value objects and the definitions of its events. No I/O, no framework, no clock: the same input gives the same events, so its tests need nothing but data.',
    from: room('domain'),
    to: { pathNot: ['^subgraphs/$1/src/domain/', '^shared/src/(value-objects|domain-events)/'] },
  },
  {
    name: 'the application knows the domain and its own events',
    comment:
      'A verb is use case logic over ports. What it needs from the world is a parameter, so no database, transport or GraphQL is imported here.',
    from: room('application'),
    to: { pathNot: ['^subgraphs/$1/src/(domain|application)/', '^shared/src/(value-objects|domain-events)/'] },
  },
  {
    name: 'infrastructure never knows GraphQL',
    comment: 'Rows and SDKs are translated for the domain; how a client asks for the result is the graphql room’s affair.',
    from: room('infrastructure'),
    to: {
      path: [
        '^subgraphs/[^/]+/src/graphql/',
        '^shared/src/graphql/',
        npm('graphql', 'type-graphql', 'dataloader', '@apollo/[^/]+', '@graphql-[^/]+/[^/]+'),
      ],
    },
  },
  {
    name: 'infrastructure does not run verbs',
    comment: 'Who calls which verb is written in the context’s table of contents, not hidden in an adapter.',
    from: room('infrastructure'),
    to: { path: '^subgraphs/[^/]+/src/application/', dependencyTypesNot: typeOnly },
  },
  {
    name: 'foreign events enter by an ACL',
    comment:
      'Only *.acl.ts translates another context’s words into our own; when that context changes an event, one file of ours changes. service.ts only hands its catalog to the consumer. What every context answers about the personal data of people is everybody’s own word.',
    from: { path: `${contexts}(domain|application|infrastructure|graphql)/`, pathNot: ['/infrastructure/[^/]+\\.acl\\.ts$', tests] },
    to: { path: '^shared/src/domain-events/', pathNot: '^shared/src/domain-events/(event|personal-data|$1)\\.ts$' },
  },
  {
    name: 'graphql knows queries by type only',
    comment: 'Resolvers and loaders are given the queries; the type is all they need to be tested with others.',
    from: room('graphql'),
    to: { path: '^subgraphs/[^/]+/src/infrastructure/[^/]+-queries\\.ts$', dependencyTypesNot: typeOnly },
  },
  {
    name: 'graphql knows no other infrastructure',
    comment: 'A resolver that reaches for a repository or an SDK goes around the verb, its rules and its events.',
    from: room('graphql'),
    to: { path: '^subgraphs/[^/]+/src/(infrastructure|generated)/', pathNot: '-queries\\.ts$' },
  },
  {
    name: 'graphql imports packages of GraphQL only',
    comment: 'No Prisma, no broker, no SDK, no node: module in a resolver: it maps between the graph and the context’s verbs and queries.',
    from: room('graphql'),
    to: {
      dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown', 'core', 'unknown', 'undetermined'],
      pathNot: npm('graphql', 'type-graphql', 'graphql-scalars', 'dataloader', 'class-validator', 'class-transformer', 'reflect-metadata'),
    },
  },
  {
    name: 'a context is not imported by its own rooms',
    comment:
      'These files wire the rooms: service.ts, environment.ts, main.ts and <x>-context.ts. A room that imports its wiring cannot be wired in another way, in a test for example. Resolvers know the table of contents by its type.',
    from: room('(domain|application|infrastructure|graphql)'),
    to: { path: '^subgraphs/[^/]+/src/(service|environment|main|[^/]+-context)\\.ts$', dependencyTypesNot: typeOnly },
  },
  {
    name: 'main.ts is imported by nobody',
    comment: 'Importing it starts a service on process.env. Call start… of service.ts with an environment instead.',
    from: {},
    to: { path: '/src/main\\.ts$' },
  },

  // Everywhere
  {
    name: 'generated clients are known to infrastructure only',
    comment:
      'Prisma’s types change with the tables. One mapping per aggregate, at the foot of its repository, keeps that change in one file.',
    from: { path: contexts, pathNot: [`${contexts}(infrastructure|generated)/`, `${contexts}(service|[^/]+-context)\\.ts$`, tests] },
    to: { path: '/generated/' },
  },
  {
    name: 'nothing imports a dist folder',
    comment:
      'Packages are imported by name and sub-path; a path into dist skips the exports of a package and may be of yesterday. Only scripts start what was built.',
    from: { pathNot: ['^tools/', '^benchmarks/', 'node_modules'] },
    to: { path: '^(shared|subgraphs/[^/]+|gateway|platform|e2e)/dist/' },
  },
  {
    name: 'there are no barrels',
    comment: 'An index.ts loads a whole room for one name and hides where things live; sub-path imports say it.',
    from: { path: '^(shared|subgraphs|gateway|platform)/' },
    to: { path: '^(shared|subgraphs|gateway|platform)/.*(^|/)index\\.ts$', pathNot: ['/generated/', 'node_modules'] },
  },
  {
    name: 'what runs imports no test',
    comment: 'Specs, contracts and test helpers are not shipped; code that needs one of them would fail in production only.',
    from: { path: '^(shared|subgraphs|gateway|platform)/', pathNot: tests },
    to: { path: tests, pathNot: 'node_modules' },
  },
  {
    name: 'there are no circular imports',
    comment: 'Two modules that need each other at load time are one module, or fail with an unset class. Types may name each other.',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: typeOnly } },
  },
  {
    name: 'every import of our own resolves',
    comment: 'An import that cannot be followed is one that no other rule can judge.',
    from: {},
    to: { couldNotResolve: true, path: '^(\\.|@storytelling/)', pathNot: '/generated/' },
  },
];

export default {
  forbidden: rules.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    // Generated clients and npm packages are ends of arrows, not looked into. Fixtures break the rules on purpose.
    doNotFollow: { path: ['node_modules', '/generated/', '/dist/'] },
    exclude: { path: ['^tools/architecture/fixtures/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
