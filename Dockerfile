# One static program and the certificates it trusts, nothing else:
#
#   docker build --tag registry.example.com/scim-operator:0.1.0 .

FROM rust:1.95-bookworm AS build
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates cmake musl-tools && \
    rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY benches benches
COPY profiles profiles
COPY src src
COPY dev/build-static.sh dev/
# What was compiled stays for the next build; the program alone goes into the layer.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    dev/build-static.sh /scim-operator

FROM scratch
LABEL org.opencontainers.image.title="scim-operator" \
      org.opencontainers.image.description="Keeps the people and groups of any SCIM 2.0 service equal to Kubernetes custom resources" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /scim-operator /scim-operator
COPY LICENSE /LICENSE
# Nobody, without a name: there is no /etc/passwd. The chart says the same.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/scim-operator"]
CMD ["run"]
