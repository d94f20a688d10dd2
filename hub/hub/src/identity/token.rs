//! What an ID token proves. Issuer, audience, nonce, expiry and signature are checked by `openidconnect`; what it leaves to its users
//! (authorised party, access token hash, algorithms, bounds) is checked here.

use super::Refusal;
use openidconnect::core::{
    CoreGenderClaim, CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm as Algorithm,
};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, EmptyAdditionalClaims, IssuerUrl, Nonce,
    SignatureVerificationError,
};

/// Longest subject (OpenID Connect Core 1.0, 2), in bytes.
const MAX_SUBJECT: usize = 255;
/// Longest label that is kept, in characters.
const MAX_LABEL: usize = 100;
/// Algorithms that are believed: signatures only. A key that both sides know proves nothing about who signed.
const BELIEVED: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// Somebody, as a provider proves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proven {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// What to call the identity in a list; never to find an account by.
    pub(crate) label: String,
    /// Whether the provider asked for a second factor.
    pub(crate) second_factor: bool,
}

/// What a token must go with.
pub(super) struct Expected<'e> {
    pub(super) client: &'e ClientId,
    pub(super) issuer: &'e IssuerUrl,
    pub(super) keys: CoreJsonWebKeySet,
    pub(super) nonce: &'e Nonce,
    /// Values of `amr` or `acr` that say that there was a second factor.
    pub(super) second_factor: &'e [String],
    pub(super) now: chrono::DateTime<chrono::Utc>,
}

/// Why a token proves nothing.
#[derive(Debug)]
pub(super) enum Unproven {
    /// No key of the provider's that is known here goes with it: it may have a new one.
    KeyUnknown,
    /// It is refused, and what the log says.
    Refused(Refusal, String),
}

impl From<ClaimsVerificationError> for Unproven {
    fn from(error: ClaimsVerificationError) -> Self {
        use ClaimsVerificationError as E;
        let text = error.to_string();
        let why = match error {
            E::SignatureVerification(SignatureVerificationError::NoMatchingKey) => return Self::KeyUnknown,
            E::SignatureVerification(inner) => return Self::Refused(Refusal::SIGNATURE, inner.to_string()),
            E::Expired(_) => Refusal::EXPIRED,
            E::InvalidAudience(_) => Refusal::AUDIENCE,
            E::InvalidIssuer(_) => Refusal::ISSUER,
            E::InvalidNonce(_) => Refusal::NONCE,
            _ => Refusal::TOKEN,
        };
        Self::Refused(why, text)
    }
}

impl From<SignatureVerificationError> for Unproven {
    fn from(error: SignatureVerificationError) -> Self {
        Self::from(ClaimsVerificationError::SignatureVerification(error))
    }
}

/// Whom a token proves.
pub(super) fn prove(token: &CoreIdToken, access: &AccessToken, expected: Expected<'_>) -> Result<Proven, Unproven> {
    let Expected { client, issuer, keys, nonce, second_factor, now } = expected;
    // Without the client's secret the verifier cannot even try a shared key.
    let verifier = CoreIdTokenVerifier::new_public_client(client.clone(), issuer.clone(), keys)
        .set_allowed_algs(BELIEVED)
        .set_time_fn(move || now);
    let claims = token.claims(&verifier, nonce)?;
    if claims.authorized_party().is_some_and(|party| party != client) {
        return Err(Unproven::Refused(Refusal::AUDIENCE, "the token was made out to another party".to_owned()));
    }
    if let Some(hash) = claims.access_token_hash() {
        let made = AccessTokenHash::from_token(access, token.signing_alg()?, token.signing_key(&verifier)?)
            .map_err(|error| Unproven::Refused(Refusal::TOKEN, error.to_string()))?;
        if made != *hash {
            return Err(Unproven::Refused(Refusal::TOKEN, "at_hash is of another access token".to_owned()));
        }
    }
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.len() > MAX_SUBJECT || subject.chars().any(char::is_control) {
        return Err(Unproven::Refused(Refusal::TOKEN, "the subject is none".to_owned()));
    }
    Ok(Proven {
        issuer: issuer.as_str().to_owned(),
        subject: subject.to_owned(),
        label: label(claims),
        second_factor: shows_factor(claims, second_factor),
    })
}

fn shows_factor(claims: &CoreIdTokenClaims, values: &[String]) -> bool {
    let methods = claims.auth_method_refs().into_iter().flatten().map(|method| method.as_str());
    let context = claims.auth_context_ref().map(|context| context.as_ref());
    methods.chain(context).any(|said| values.iter().any(|value| value == said))
}

fn label(claims: &openidconnect::IdTokenClaims<EmptyAdditionalClaims, CoreGenderClaim>) -> String {
    let name = claims.preferred_username().map(|name| name.as_str());
    let said = name.or_else(|| claims.email().map(|email| email.as_str())).unwrap_or_else(|| claims.subject().as_str());
    said.chars().filter(|letter| !letter.is_control()).take(MAX_LABEL).collect()
}
