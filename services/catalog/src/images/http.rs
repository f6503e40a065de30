//! Routes of images.

use actix_web::web;
use shotengai_contracts::api;
use shotengai_contracts::api::images::{CreateImage, IMAGES_ARE_OFF, ImageUpload, ProductImages, TOO_MANY_IMAGES};
use shotengai_contracts::api::products::ProductWritten;
use shotengai_contracts::api::shared::{IDEMPOTENCY_KEY_REUSED, OUT_OF_RANGE};
use shotengai_kernel::{ImageId, ProductId};
use shotengai_runtime::http::{Answer, IdempotencyKey, Reply, SecondId};
use shotengai_runtime::{AdminCaller, JsonBody, PathId, Problem, RequestMeta, Routes};

use super::Gallery;
use super::gallery::WantedImage;
use crate::domain::{ImageRefusal, MAX_IMAGE_BYTES};
use crate::http::{CatalogHttp, accepted};

/// Puts the routes beside the catalog's others.
pub(crate) fn routes(routes: &mut Routes) {
    routes.route(api::CREATE_IMAGE, create);
    routes.route(api::LIST_IMAGES, list);
    routes.route(api::DELETE_IMAGE, delete);
}

impl CatalogHttp {
    fn gallery(&self) -> Result<&Gallery, Problem> {
        self.gallery.as_ref().ok_or_else(|| Problem::of(&IMAGES_ARE_OFF))
    }
}

async fn create(
    admin: AdminCaller,
    id: PathId<ProductId>,
    key: IdempotencyKey,
    meta: RequestMeta,
    body: JsonBody<CreateImage>,
    catalog: web::Data<CatalogHttp>,
) -> Answer<ImageUpload> {
    let CreateImage { content_type, size } = body.value;
    if !(1..=MAX_IMAGE_BYTES).contains(&size) {
        let detail = format!("must be from 1 to {MAX_IMAGE_BYTES} bytes");
        return Err(Problem::of(&OUT_OF_RANGE).detail(detail).pointer("/size"));
    }
    let (user_id, product_id, key) = (admin.0.user_id, id.0, key.into_inner());
    let wanted = WantedImage { user_id, product_id, key, content_type, size };
    let upload = catalog.gallery()?.request(&wanted, &meta.metadata()).await?;
    let location = api::LIST_IMAGES.path_of(&upload.product_id);
    Ok(Reply::created(upload).at(location))
}

/// Everybody sees pictures, an administrator uploads too that are none yet.
async fn list(
    id: PathId<ProductId>,
    admin: Option<AdminCaller>,
    catalog: web::Data<CatalogHttp>,
) -> Answer<ProductImages> {
    let images = catalog.gallery()?.list(&id, admin.is_some()).await?;
    Ok(Reply::ok(images.ok_or_else(|| Problem::not_found("there is no such product"))?))
}

async fn delete(
    _: AdminCaller,
    id: PathId<ProductId>,
    image: SecondId<ImageId>,
    meta: RequestMeta,
    catalog: web::Data<CatalogHttp>,
) -> Answer<ProductWritten> {
    let version = catalog.gallery()?.remove(&id, &image.0, &meta.metadata()).await?;
    Ok(accepted(id.0, version))
}

impl From<ImageRefusal> for Problem {
    fn from(refusal: ImageRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            ImageRefusal::NoProduct | ImageRefusal::NoImage => Self::not_found(detail),
            ImageRefusal::TooMany => Self::of(&TOO_MANY_IMAGES).detail(detail),
            ImageRefusal::KeyReused => Self::of(&IDEMPOTENCY_KEY_REUSED).detail(detail),
        }
    }
}
