// One reader for all machines: otherwise formats would follow the language and zone of whoever runs the tests.
Object.defineProperty(globalThis, 'navigator', { value: { languages: ['en-GB'] }, configurable: true });
process.env['TZ'] = 'Europe/Paris';
