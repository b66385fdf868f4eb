/** A page as a client with little restraint asks for it: four subgraphs, lists in lists, an answer of some 85 kB. */
export const page = `
  query Page {
    users { ...Person reviews { ...Opinion product { ...Thing reviews { ...Opinion author { ...Person reviews { ...Opinion product { ...Thing } } } } } } }
    topProducts { ...Thing reviews { ...Opinion author { ...Person reviews { ...Opinion product { ...Thing } } } } }
  }
  fragment Person on User { id name username }
  fragment Opinion on Review { id body }
  fragment Thing on Product { upc name price weight inStock shippingEstimate }
`;

/** Of another supergraph: so many entities, each in two subgraphs; and one entity in so many subgraphs. */
export const entities = (count) => `{ items(first: ${count}) { id name f0 } }`;
export const fetches = (count) => `{ item { id ${Array.from({ length: count }, (_, index) => `f${index}`).join(' ')} } }`;
