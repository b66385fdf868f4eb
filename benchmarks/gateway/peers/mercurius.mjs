// Mercurius’ gateway with its just-in-time compiler, as its documentation sets it up; hands on the client’s Authorization. It prints names
// that are no strings, which graphql 16.15 refuses (`value.includes is not a function`): hence 16.14 in this package.
import Fastify from 'fastify';
import mercuriusGateway from '@mercuriusjs/gateway';

const app = Fastify();
app.register(mercuriusGateway, {
  jit: 1,
  gateway: {
    services: Object.entries(JSON.parse(process.env.SUBGRAPHS)).map(([name, url]) => ({
      name,
      url,
      schema: JSON.parse(process.env.SCHEMAS)[name],
      rewriteHeaders: (headers) => ({ authorization: headers.authorization }),
    })),
  },
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
