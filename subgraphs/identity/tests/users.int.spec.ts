import { identityDatabase } from './identity-database.js';
import { usersContract } from './users.contract.js';

usersContract('in PostgreSQL', identityDatabase);
