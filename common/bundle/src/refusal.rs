//! Why a bundle is refused. Each kind of attack has a code of its own, for the audit trail and the screen.

/// The reason; nothing was written when it is given.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The file does not begin as a bundle does.
    #[error("this is not a Haubert bundle")]
    NotABundle,
    /// The file ends too early.
    #[error("the file is cut off")]
    Truncated,
    /// The archive contradicts itself: a transmission error, or somebody's hand.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// More bytes or entries than any release has (endless data).
    #[error("larger than any release may be: {0}")]
    TooLarge(String),
    /// An entry would leave its folder (zip-slip).
    #[error("the archive has an entry with the forbidden name {0:?}")]
    UnsafeName(String),
    /// An entry is a link, a device or anything else but a file.
    #[error("the archive's entry {0:?} is not a plain file")]
    UnsafeEntry(String),
    /// Something that the metadata name is not there.
    #[error("the bundle lacks {0}")]
    Incomplete(String),
    /// Metadata without any signature.
    #[error("the {0} metadata is not signed")]
    NoSignature(String),
    /// Metadata signed by somebody else.
    #[error("the {0} metadata is signed with keys that are not trusted")]
    WrongKey(String),
    /// Metadata or a file is not what was signed.
    #[error("{0} is not what was signed")]
    Altered(String),
    /// Metadata past its date: a frozen mirror, or a bundle that lay about.
    #[error("the {0} metadata has expired")]
    Expired(String),
    /// Parts of different releases, each signed, put together.
    #[error("parts of different releases are mixed: {0}")]
    Mixed(String),
    /// Metadata older than what is known.
    #[error("the {0} metadata is older than what is known")]
    OlderMetadata(String),
    /// A bundle from before keys were replaced.
    #[error("the bundle ends at root {offered}, but root {known} is known: its keys were replaced since")]
    RootReplayed {
        /// Version known here.
        known: u64,
        /// Newest version in the bundle.
        offered: u64,
    },
    /// An older version than the installed one.
    #[error("version {offered} is older than the installed {installed}")]
    Older {
        /// What runs.
        installed: String,
        /// What was offered.
        offered: String,
    },
    /// The installed version's number on other content.
    #[error("version {0} is installed with other content")]
    SameVersionDiffers(String),
    /// Nothing to do.
    #[error("version {0} is installed already")]
    AlreadyInstalled(String),
    /// For another product.
    #[error("this is a release of {0}")]
    WrongProduct(String),
    /// For another processor.
    #[error("this is a release for {0}")]
    WrongArchitecture(String),
    /// No supplier's key is known here: nothing can be believed.
    #[error("no supplier key is configured, so no update can be verified")]
    NoSupplierKey,
    /// The disk.
    #[error("cannot read or write: {0}")]
    Storage(#[from] std::io::Error),
}

impl Refusal {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotABundle => "update_not_a_bundle",
            Self::Truncated => "update_truncated",
            Self::Damaged(_) => "update_damaged",
            Self::TooLarge(_) => "update_too_large",
            Self::UnsafeName(_) => "update_unsafe_name",
            Self::UnsafeEntry(_) => "update_unsafe_entry",
            Self::Incomplete(_) => "update_incomplete",
            Self::NoSignature(_) => "update_no_signature",
            Self::WrongKey(_) => "update_wrong_key",
            Self::Altered(_) => "update_altered",
            Self::Expired(_) => "update_expired",
            Self::Mixed(_) => "update_mixed",
            Self::OlderMetadata(_) => "update_older_metadata",
            Self::RootReplayed { .. } => "update_root_replayed",
            Self::Older { .. } => "update_older",
            Self::SameVersionDiffers(_) => "update_same_version_differs",
            Self::AlreadyInstalled(_) => "update_already_installed",
            Self::WrongProduct(_) => "update_wrong_product",
            Self::WrongArchitecture(_) => "update_wrong_architecture",
            Self::NoSupplierKey => "update_no_supplier_key",
            Self::Storage(_) => "update_storage",
        }
    }
}
