// Knex, Drizzle, Sequelize, TypeORM: node orm.mjs HOST PORT, with the packages in $WORK/drv
import { createRequire } from 'node:module';
import { step } from './step.mjs';

const load = createRequire(`${process.env.WORK}/drv/x.js`);
const [host, port] = [process.argv[2], Number(process.argv[3])];
const [user, password, database] = [process.env.PGUSER, process.env.PGPASSWORD, 'conf_orm'];
const login = { host, port, user, password, database };
const pg = load('pg');

const admin = new pg.Client({ ...login, database: 'postgres' });
await admin.connect();
await admin.query('drop database if exists conf_orm with (force)');
await admin.query('create database conf_orm');
await admin.end();

const knex = load('knex')({ client: 'pg', connection: login, pool: { min: 0, max: 3 } });
await step('knex migrations, up and down', async () => {
  const migrations = {
    getMigrations: async () => ['1', '2'],
    getMigrationName: (name) => name,
    getMigration: (name) => ({
      up: (k) =>
        k.schema.createTable(`k${name}`, (t) => {
          t.increments('id');
          t.string('name').unique();
          t.jsonb('more');
        }),
      down: (k) => k.schema.dropTable(`k${name}`),
    }),
  };
  const config = { migrationSource: Object.assign(migrations, { getMigrations: async () => ['1', '2'] }) };
  const up = await knex.migrate.latest(config);
  const down = await knex.migrate.rollback(config);
  return [up, down, await knex.migrate.latest(config)];
});
await step('knex insert, conflict, upsert', async () => [
  await knex('k1')
    .insert([{ name: 'a', more: { x: 1 } }, { name: 'b' }])
    .returning('*'),
  await knex('k1')
    .insert({ name: 'a' })
    .catch(({ code }) => code),
  await knex('k1')
    .insert({ name: 'a', more: { x: 2 } })
    .onConflict('name')
    .merge()
    .returning('more'),
]);
await step('knex nested transaction', () =>
  knex.transaction(async (outer) => {
    await outer('k2').insert({ name: 'outer' });
    await outer
      .transaction(async (inner) => {
        await inner('k2').insert({ name: 'inner' });
        throw new Error('mine');
      })
      .catch(() => undefined);
    return outer('k2').select('name');
  }),
);
await step('knex stream', async () => {
  let rows = 0;
  for await (const _ of knex.raw('select * from generate_series(1, 20000)').stream()) rows++;
  return rows;
});
await step('knex inspection', () => knex('k1').columnInfo());
await knex.destroy();

await step('drizzle', async () => {
  const { drizzle } = await import(load.resolve('drizzle-orm/node-postgres'));
  const { integer, pgTable, serial, text } = await import(load.resolve('drizzle-orm/pg-core'));
  const { eq, sql } = await import(load.resolve('drizzle-orm'));
  const pool = new pg.Pool({ ...login, max: 2 });
  const db = drizzle({ client: pool });
  const thing = pgTable('thing', {
    id: serial('id').primaryKey(),
    name: text('name').notNull(),
    many: integer('many'),
  });
  await db.execute(sql`create table thing (id serial primary key, name text not null, many int)`);
  const made = await db
    .insert(thing)
    .values([
      { name: 'a', many: 1 },
      { name: 'b', many: 2 },
    ])
    .returning();
  const prepared = db
    .select()
    .from(thing)
    .where(eq(thing.name, sql.placeholder('name')))
    .prepare('by_name');
  const found = [await prepared.execute({ name: 'a' }), await prepared.execute({ name: 'b' })];
  const undone = await db
    .transaction(async (inside) => {
      await inside.update(thing).set({ many: 9 });
      inside.rollback();
    })
    .catch(({ message }) => message);
  const after = await db.select().from(thing);
  await pool.end();
  return [made, found, undone, after];
});

await step('sequelize', async () => {
  const { DataTypes, Sequelize } = load('sequelize');
  const db = new Sequelize({ dialect: 'postgres', username: user, ...login, logging: false });
  const Thing = db.define(
    'Thing',
    {
      name: { type: DataTypes.STRING, unique: true },
      tags: DataTypes.ARRAY(DataTypes.TEXT),
      kind: DataTypes.ENUM('x', 'y'),
    },
    { timestamps: false },
  );
  await db.sync({ force: true });
  await db.sync({ alter: true });
  await Thing.bulkCreate([
    { name: 'a', tags: ['p', 'q'], kind: 'x' },
    { name: 'b', kind: 'y' },
  ]);
  const twice = await Thing.create({ name: 'a' }).catch(({ name }) => name);
  const undone = await db
    .transaction({ isolationLevel: 'SERIALIZABLE' }, async (transaction) => {
      await Thing.update({ kind: 'y' }, { where: { name: 'a' }, transaction });
      throw new Error('mine');
    })
    .catch(({ message }) => message);
  const all = await Thing.findAll({ order: ['id'], raw: true });
  await db.close();
  return [twice, undone, all];
});

await step('typeorm', async () => {
  const { DataSource, EntitySchema } = load('typeorm');
  const Item = new EntitySchema({
    name: 'Item',
    columns: {
      id: { type: Number, primary: true, generated: 'uuid' },
      name: { type: String, unique: true },
      at: { type: 'timestamptz', nullable: true },
      more: { type: 'jsonb', default: {} },
    },
  });
  const source = new DataSource({
    type: 'postgres',
    ...login,
    username: user,
    entities: [Item],
    synchronize: true,
    logging: false,
  });
  await source.initialize();
  const items = source.getRepository(Item);
  await items.save([{ name: 'a' }, { name: 'b', at: new Date(0), more: { x: 1 } }]);
  const twice = await items.insert({ name: 'a' }).catch(({ code, detail }) => [code, detail]);
  const undone = await source
    .transaction(async (inside) => {
      await inside.update(Item, { name: 'a' }, { name: 'c' });
      throw new Error('mine');
    })
    .catch(({ message }) => message);
  const all = await items.find({ select: { name: true, at: true, more: true }, order: { name: 'ASC' } });
  await source.synchronize();
  await source.destroy();
  return [twice, undone, all];
});
process.exit(0);
