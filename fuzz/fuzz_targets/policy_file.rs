//! The security policy's file: what is taken holds together and comes back from its own print as it was; what is refused says where.
#![no_main]

use haubert_gateway::policy::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match file::parse(text) {
    Ok(policy) => {
        assert!(policy.check().is_ok());
        assert_eq!(file::parse(&file::print(&policy)).as_ref(), Ok(&policy));
    }
    Err(fault) => {
        assert!(fault.line >= 1 && fault.column >= 1 && !fault.reason.is_empty());
        assert!(fault.line <= text.matches('\n').count() + 1);
    }
});
