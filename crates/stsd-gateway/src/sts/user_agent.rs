//! The `User-Agent` of our calls, in the SDK's form. Left to itself the SDK would read
//! `AWS_EXECUTION_ENV` for it: the last variable that it looks at.

use aws_runtime::user_agent::{ApiMetadata, AwsUserAgent};
use aws_sdk_sts::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept};
use aws_sdk_sts::error::BoxError;
use aws_types::os_shim_internal::Env;

/// Goes before the SDK's own interceptor, which leaves alone what is there.
#[derive(Debug)]
pub(super) struct UserAgent;

impl Intercept for UserAgent {
    fn name(&self) -> &'static str {
        "stsd user agent"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(api) = bag.load::<ApiMetadata>().cloned() {
            let nothing = Env::from_slice(&[]);
            bag.interceptor_state().store_put(AwsUserAgent::new_from_environment(nothing, api));
        }
        Ok(())
    }
}
