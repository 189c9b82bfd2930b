export { createOAuthDoor, oauthRows, type OAuthInputs } from './routes.js';
