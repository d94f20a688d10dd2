//! What is known of an asset, by name.

use serde::{Deserialize, Serialize};

/// A thing that is known of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AssetField)]
pub enum Field {
    /// Names it at the hub.
    Id,
    /// What people call it.
    Name,
    /// One of the ten classes.
    Class,
    /// What it is within its class.
    Kind,
    /// Who answers for it.
    Owner,
    /// Where it is.
    Site,
    /// How much depends on it.
    Criticality,
    /// Who made it.
    Make,
    /// Which product it is.
    Model,
    /// Firmware, software or revision.
    Version,
    /// Serial number.
    Serial,
    /// Address in the network.
    Address,
    /// Its zone.
    Zone,
    /// Anything else.
    Note,
}

impl Field {
    /// Every field, in the order of tables.
    pub const ALL: [Self; 14] = [
        Self::Id,
        Self::Name,
        Self::Class,
        Self::Kind,
        Self::Owner,
        Self::Site,
        Self::Criticality,
        Self::Make,
        Self::Model,
        Self::Version,
        Self::Serial,
        Self::Address,
        Self::Zone,
        Self::Note,
    ];

    /// As programs name it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Class => "class",
            Self::Kind => "kind",
            Self::Owner => "owner",
            Self::Site => "site",
            Self::Criticality => "criticality",
            Self::Make => "make",
            Self::Model => "model",
            Self::Version => "version",
            Self::Serial => "serial",
            Self::Address => "address",
            Self::Zone => "zone",
            Self::Note => "note",
        }
    }

    /// The field that programs name `key`.
    pub fn by_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == key)
    }

    /// Its heading, in English and in French.
    pub const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Id => ("Id", "Identifiant"),
            Self::Name => ("Name", "Nom"),
            Self::Class => ("Class", "Classe"),
            Self::Kind => ("Kind", "Type"),
            Self::Owner => ("Owner", "Responsable"),
            Self::Site => ("Site", "Site"),
            Self::Criticality => ("Criticality", "Criticité"),
            Self::Make => ("Make", "Fabricant"),
            Self::Model => ("Model", "Modèle"),
            Self::Version => ("Version", "Version"),
            Self::Serial => ("Serial number", "Numéro de série"),
            Self::Address => ("Network address", "Adresse réseau"),
            Self::Zone => ("Zone", "Zone"),
            Self::Note => ("Note", "Remarque"),
        }
    }

    /// What else people write above such a column, [folded](super::fold).
    const fn also(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["assetid"],
            Self::Version => &["firmware", "revision", "softwareversion", "micrologiciel"],
            Self::Name => &["asset", "assetname", "bien", "nomdubien", "designation", "equipement", "device", "hostname", "hote"],
            Self::Class => &["assetclass", "classedebien"],
            Self::Kind => &["assettype", "nature", "categorie", "category"],
            Self::Owner => &["proprietaire", "assetowner"],
            Self::Site => &["lieu", "location", "emplacement"],
            Self::Criticality => &["importance"],
            Self::Make => &["vendor", "manufacturer", "marque", "constructeur", "editeur"],
            Self::Model => &["product", "produit", "reference"],
            Self::Serial => &["sn", "ndeserie", "nserie", "nodeserie", "serie"],
            Self::Address => &["ip", "ipaddress", "adresseip", "adresse"],
            Self::Zone => &["zonedesecurite", "securityzone"],
            Self::Note => &["notes", "remarques", "comment", "comments", "commentaire", "commentaires", "description"],
        }
    }

    /// The field that a heading names, in English or French.
    pub fn by_heading(heading: &str) -> Option<Self> {
        let heading = super::fold(heading);
        Self::ALL.into_iter().find(|field| {
            let (en, fr) = field.title();
            [field.key(), en, fr].into_iter().any(|title| super::fold(title) == heading)
                || field.also().contains(&heading.as_str())
        })
    }
}
