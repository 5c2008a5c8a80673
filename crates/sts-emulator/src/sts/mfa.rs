//! `SerialNumber` and `TokenCode`: the second factor, given together and good for one call.

use super::parameters::{Constraints, TextRule, is_word};
use super::{Call, Refusal};

const SERIAL_NUMBER: TextRule = TextRule {
    name: "SerialNumber",
    member: "serialNumber",
    required: false,
    length: (9, 256),
    pattern: r"[\w+=/:,.@-]*",
    allows: |c| is_word(c) || "+=/:,.@-".contains(c),
};

const TOKEN_CODE: TextRule = TextRule {
    name: "TokenCode",
    member: "tokenCode",
    required: false,
    length: (6, 6),
    pattern: r"[\d]*",
    allows: |c| c.is_ascii_digit(),
};

impl Call<'_> {
    pub(super) fn constrain_mfa(&self, constraints: &mut Constraints) {
        constraints.text(self.parameters, &SERIAL_NUMBER);
        constraints.text(self.parameters, &TOKEN_CODE);
    }

    /// Verifies the second factor, if there is one, and spends its code; says whether there was one.
    pub(super) fn verify_mfa(&self) -> Result<bool, Refusal> {
        let (serial, code) = match (
            self.parameters.text("SerialNumber"),
            self.parameters.text("TokenCode"),
        ) {
            (None, None) => return Ok(false),
            (Some(serial), Some(code)) => (serial, code),
            _ => {
                return Err(Refusal::access_denied(
                    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
                ));
            }
        };
        let Some(device) = self.state.world.device_of(&self.caller.principal, serial) else {
            return Err(Refusal::access_denied(
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number \
                 is valid and associated with this user.",
            ));
        };
        let now = self.state.clock.now();
        if self.state.spent_codes().spend(serial, &device.seed_bytes(), code, now) {
            return Ok(true);
        }
        Err(Refusal::access_denied(
            "MultiFactorAuthentication failed with invalid MFA one time pass code.",
        ))
    }
}
