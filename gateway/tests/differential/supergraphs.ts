/** Small supergraphs, each with what makes plans hard. Together: keys of several kinds, @requires, @provides, @interfaceObject, unions, interfaces. */

const link = (...imports: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports.map((name) => `"@${name}"`).join(', ')}])\n`;

export const supergraphs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  shop: {
    products: `${link('key', 'shareable')}
      type Query { products(first: Int): [Product] product(id: ID!): Product cheapest: Product! }
      type Mutation { rename(id: ID!, name: String): Product discount(percent: Int): [Product!] }
      type Product @key(fields: "id") @key(fields: "sku") { id: ID! sku: ID! name: String price: Int weight: Int! size: Size @shareable }
      enum Size { SMALL LARGE }`,
    reviews: `${link('key', 'external', 'provides')}
      type Query { latest(first: Int): [Review!] }
      type Mutation { review(text: String): Review }
      type Review @key(fields: "id") { id: ID! text: String stars: Int! product: Product! author: User @provides(fields: "name") }
      type Product @key(fields: "id") { id: ID! reviews(first: Int): [Review!]! rating: Float }
      type User @key(fields: "id") { id: ID! name: String @external reviews: [Review] }`,
    users: `${link('key', 'shareable')}
      type Query { me: User users: [User!]! }
      type User @key(fields: "id") { id: ID! name: String @shareable email: String friends(close: Boolean): [User] best: User! }`,
    inventory: `${link('key', 'external', 'requires', 'shareable')}
      type Product @key(fields: "sku") { sku: ID! price: Int @external weight: Int! @external inStock: Boolean size: Size @shareable
        shipping: Int @requires(fields: "price weight") warehouse: Warehouse }
      type Warehouse { city: String! products: [Product] }
      enum Size { SMALL LARGE }`,
  },
  media: {
    catalog: `${link('key')}
      type Query { media: [Media] book: Book featured: Media! }
      interface Media @key(fields: "id") { id: ID! title: String creator: Person }
      type Book implements Media @key(fields: "id") { id: ID! title: String creator: Person pages: Int }
      type Film implements Media @key(fields: "id") { id: ID! title: String creator: Person minutes: Int! }
      type Person @key(fields: "id") { id: ID! }`,
    opinions: `${link('key', 'interfaceObject')}
      type Query { best: Media opinions: [Opinion!] }
      type Media @interfaceObject @key(fields: "id") { id: ID! opinions(first: Int): [Opinion] score: Float! }
      type Opinion @key(fields: "id") { id: ID! text: String about: Media by: Person }
      type Person @key(fields: "id") { id: ID! opinions: [Opinion!] }`,
    people: `${link('key')}
      type Query { person(id: ID): Person }
      type Person @key(fields: "id") { id: ID! name: String! born: Int partner: Person works: [Work!] }
      interface Work { title: String }
      type Song implements Work { title: String seconds: Int }
      type Play implements Work { title: String acts: Int! cast: [Person] }`,
  },
  search: {
    index: `${link('key')}
      type Query { search(text: String): [Result] node(id: ID!): Node pair: [[Result]] }
      union Result = Article | Author | Tag
      interface Node { id: ID! }
      type Article implements Node @key(fields: "id") { id: ID! }
      type Author implements Node @key(fields: "id") { id: ID! }
      type Tag implements Node { id: ID! label: String! }`,
    articles: `${link('key')}
      interface Named { name: String }
      type Article implements Named @key(fields: "id") { id: ID! name: String text: String author: Author related: [Article!] tags: [[String]] }
      type Author @key(fields: "id") { id: ID! articles: [Article] }`,
    authors: `${link('key')}
      interface Named { name: String }
      type Query { named: [Named] }
      type Author implements Named @key(fields: "id") { id: ID! name: String bio: String! mentor: Author }`,
  },
  places: {
    companies: `${link('key')}
      type Query { companies: [Company] offices: [Office!] }
      type Company @key(fields: "id") { id: ID! name: String offices: [Office] }
      type Office @key(fields: "number company { id }") { number: ID! company: Company! city: String }`,
    rooms: `${link('key', 'external')}
      type Office @key(fields: "number company { id }") { number: ID! company: Company! rooms(floor: Int): [Room] }
      type Company @key(fields: "id") { id: ID! }
      type Room @key(fields: "id") { id: ID! office: Office seats: Int! }`,
    bookings: `${link('key', 'external', 'requires')}
      type Query { bookings: [Booking] }
      type Room @key(fields: "id") { id: ID! office: Office @external bookings: [Booking] address: String @requires(fields: "office { number company { id } }") }
      type Office @key(fields: "number company { id }", resolvable: false) { number: ID! company: Company! }
      type Company @key(fields: "id", resolvable: false) { id: ID! }
      type Booking { room: Room title: String! }`,
  },
  chain: {
    a: `${link('key')} type Query { root: A! as: [A] } type A @key(fields: "id") { id: ID! b: B one: Int }
      type B @key(fields: "id", resolvable: false) { id: ID! }`,
    b: `${link('key', 'external', 'requires')} type B @key(fields: "id") { id: ID! c: [C] two: String! }
      type A @key(fields: "id") { id: ID! one: Int @external sum: Int @requires(fields: "one") }
      type C @key(fields: "id", resolvable: false) { id: ID! }`,
    c: `${link('key', 'shareable')} type C @key(fields: "id") { id: ID! d: D three: Float } type D @key(fields: "id") { id: ID! four: Boolean @shareable }`,
    d: `${link('key', 'shareable')} type D @key(fields: "id") { id: ID! four: Boolean @shareable a: A five: [ID!]! } type A @key(fields: "id") { id: ID! ds: [D] }`,
  },
  values: {
    left: `${link('key', 'shareable', 'override', 'inaccessible')}
      type Query { thing: Thing things: [[Thing!]] money: Money @shareable any: Any }
      scalar Any
      type Thing @key(fields: "id") { id: ID! cost: Money kind: Kind secret: String @inaccessible moved: String @override(from: "right") }
      type Money @shareable { amount: Float! currency: String }
      enum Kind { GOOD BAD }`,
    right: `${link('key', 'shareable', 'external', 'requires', 'inaccessible')}
      type Query { money: Money @shareable }
      type Thing @key(fields: "id") { id: ID! moved: String secret: String @external cost: Money @external
        told: String @requires(fields: "secret cost { amount currency }") owner: Owner parts: [Part] }
      union Owner = Person | Firm
      type Person { name: String age: Int }
      type Firm { name: String! staff: [Person!] }
      interface Part { weight: Float }
      type Wheel implements Part { weight: Float spokes: Int! of: Thing }
      type Frame implements Part { weight: Float metal: String }
      type Money @shareable { amount: Float! currency: String }`,
  },
};
