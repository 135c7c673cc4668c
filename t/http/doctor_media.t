# "civicctl doctor" asks the media engine how it is: it would be missed only
# when the first photo comes.
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;
use Civic::Media;
use Civic::Outbound;

my $media = Civic::Media->start(workers => 1);
my $path = $media->path;
my $civic = civic(plugins => [ 'login', 'civic', 'photo_check' ], start => 0,
    http => internal({}, groups =>
        "upstream civic-media { server unix:$path max_fails=0; }\n",
        more => 'location /media/ { set $civic_upstream_host media; '
            . "proxy_pass http://civic-media\$civic_upstream_uri; }\n"));

sub doctor {
    my ($status, $said) = $civic->nginx->civicctl('doctor');

    return $said;
}

SKIP: {
    skip 'a plain nginx cannot load what sanitizers watch', 1
        if Civic::Nginx::asan();

    like(doctor(),
        qr/warn.*media engine "media" \(\Q$path\E\) has no face models/,
        'an engine without models is a warning');

    is($media->stop, 0, 'the engine ends');
    like(doctor(), qr/FAIL.*media engine "media" \(\Q$path\E\) does not answer: No such file/,
        'none is a problem');

    $media = Civic::Media->start(workers => 1, folder => $media->{folder});
    chmod 0600, $path;
    like(doctor(), qr/FAIL.*"media" .* does not answer: Permission denied/,
        'so is one that workers may not open') if $> == 0;
    chmod 0666, $path;

    SKIP: {
        skip 'no models: tools/models.sh build/share/faces', 1
            if !Civic::Media::has_models();
        $media->stop;
        $media = Civic::Media->start(workers => 1, faces => 1,
            folder => $media->{folder});
        like(doctor(), qr/ok.*media engine "media" \(\Q$path\E\)\n/,
            'one with models is fine');
    }
}

$media->stop;
finish();
