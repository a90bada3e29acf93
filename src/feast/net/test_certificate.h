#pragma once
/// Certificates for tests.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <string>

namespace feast {

/// A key, and its own certificate for `name`, good for an hour. With `loopback` also for 127.0.0.1.
inline void WriteSelfSigned(const std::string& name, const std::string& key_file,
                            const std::string& cert_file, bool loopback = false) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_set_pubkey(cert, key);
  X509_NAME* subject = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(cert, subject);
  if (loopback) {
    X509_EXTENSION* address =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(cert, address, -1);
    X509_EXTENSION_free(address);
  }
  X509_sign(cert, key, EVP_sha256());
  FILE* file = fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  fclose(file);
  file = fopen(cert_file.c_str(), "w");
  PEM_write_X509(file, cert);
  fclose(file);
  X509_free(cert);
  EVP_PKEY_free(key);
}

}  // namespace feast
