import { drains } from '../../../test/test-support/draining.js';
import { Serving } from './serving.js';

drains(Serving);
