//! GetCallerIdentity: allowed to everybody who can sign.

use super::{Call, NAMESPACE, Xml};

impl Call<'_> {
    pub(super) fn get_caller_identity(&self) -> Xml {
        let principal = &self.caller.principal;
        Xml::document("GetCallerIdentityResponse", NAMESPACE, |xml| {
            xml.element("GetCallerIdentityResult", |xml| {
                xml.text("Arn", &principal.arn());
                xml.text("UserId", &principal.user_id());
                xml.text("Account", principal.account());
            });
            self.write_metadata(xml);
        })
    }
}
