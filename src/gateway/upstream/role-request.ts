import type { Fence } from './role-grants.ts';
import type { SideConnection } from './side-query.ts';
import type { UpstreamTarget } from './types.ts';

/** What a role for a session is to be. */
export interface RoleRequest {
  /** The account of the connection, and the database that the session is for. */
  readonly account: UpstreamTarget;
  readonly connection: string;
  /** For whoever reads the name in the server's log. */
  readonly agent: string;
  readonly readOnly: boolean;
  /** Schemas that the role may use, as patterns, and what they mean. */
  readonly schemas: readonly string[];
  readonly inScope: (schema: string) => boolean;
  /** Ids of the mask rules that do not hold for whom the session is for, sorted, by the settings of now. */
  readonly excepted: () => readonly string[];
  /** What its grants leave out, by the mask rules as they are now but for those, and the catalog that the connection sees. */
  readonly fence: (side: SideConnection, excepted: readonly string[]) => Promise<Fence>;
  /** Roles that it becomes a member of, besides, where they give it no more than it is to have. */
  readonly memberOf: readonly string[];
  /** Settings that its session begins with. */
  readonly settings: Readonly<Record<string, string>>;
}
