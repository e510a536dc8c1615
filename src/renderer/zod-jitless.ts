import { z } from 'zod';

// zod compiles schemas with `new Function` where it may; the desk's Content-Security-Policy forbids that, and even the
// probe for it would be reported as a violation. This module must be the first import of the entry, before any schema.
z.config({ jitless: true });
