// Mercurius with its JIT; hands on the client's Authorization. It composes the subgraphs itself.
import gateway from '@mercuriusjs/gateway';
import Fastify from 'fastify';

const urls = JSON.parse(process.env.SUBGRAPHS);
const app = Fastify();
await app.register(gateway, {
  jit: 1,
  gateway: {
    services: Object.entries(urls).map(([name, url]) => ({
      name,
      url,
      rewriteHeaders: ({ authorization }) => (authorization ? { authorization } : {}),
    })),
  },
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
console.log('listens');
