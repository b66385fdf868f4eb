import { backboneDatabases } from './backbone-database.js';
import { eventBusContract } from './event-bus.contract.js';

eventBusContract('the embedded log', backboneDatabases);
